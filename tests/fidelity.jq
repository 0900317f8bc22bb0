# What `kmemlab verify --format json` says of the error of reconstruction and simulation, as one flat object:
# shares from 0 to 1, differences of counts as a share of what the kernel did.
def apart: if .recorded == .simulated then 0
	elif .recorded == 0 then 1
	else ((.recorded - .simulated) / .recorded | fabs) end;
{
	disputed: (.recorded.pages_disputed // 0),
	disputed_share: (if .recorded.pages_free > 0 then
		(.recorded.pages_disputed // 0) / .recorded.pages_free else 0 end),
	contradictions: .recorded.contradictions
} + if .simulated == null then { simulated: false } else (.simulated | {
	simulated: true,
	allocations: .placement.allocations,
	free_running: .placement.score,
	anchored: .placement.anchored,
	refills: (.refills | apart),
	drains: (.drains | apart),
	fallbacks: (.fallbacks | apart),
	order_error: (.order_error_mean / 100)
}) end
