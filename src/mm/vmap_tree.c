// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/vmap_tree.h"

static uint64_t priority(const struct vmap *v)
{
	uint64_t x = v->start >> 12;

	/* splitmix64's finaliser: every bit of the address counts. */
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void update(struct vmap *v)
{
	v->largest = v->size;
	if (v->left && v->left->largest > v->largest)
		v->largest = v->left->largest;
	if (v->right && v->right->largest > v->largest)
		v->largest = v->right->largest;
}

/* Into what begins before addr, and the rest. */
static void split(struct vmap *t, uint64_t addr, struct vmap **low, struct vmap **high)
{
	if (!t) {
		*low = *high = NULL;
		return;
	}
	if (t->start < addr) {
		split(t->right, addr, &t->right, high);
		*low = t;
	} else {
		split(t->left, addr, low, &t->left);
		*high = t;
	}
	update(t);
}

static struct vmap *join(struct vmap *low, struct vmap *high)
{
	if (!low || !high)
		return low ? low : high;
	if (priority(low) > priority(high)) {
		low->right = join(low->right, high);
		update(low);
		return low;
	}
	high->left = join(low, high->left);
	update(high);
	return high;
}

void vmap_tree_insert(struct vmap **root, struct vmap *v)
{
	struct vmap *t = *root;

	if (t && priority(t) >= priority(v)) {
		vmap_tree_insert(v->start < t->start ? &t->left : &t->right, v);
		update(t);
		return;
	}
	split(t, v->start, &v->left, &v->right);
	update(v);
	*root = v;
}

void vmap_tree_remove(struct vmap **root, struct vmap *v)
{
	struct vmap *t = *root;

	if (t == v) {
		*root = join(t->left, t->right);
		return;
	}
	vmap_tree_remove(v->start < t->start ? &t->left : &t->right, v);
	update(t);
}

void vmap_tree_resized(struct vmap *root, const struct vmap *v)
{
	if (root != v)
		vmap_tree_resized(v->start < root->start ? root->left : root->right, v);
	update(root);
}

struct vmap *vmap_tree_before(struct vmap *root, uint64_t addr)
{
	struct vmap *best = NULL;

	while (root) {
		if (root->start < addr) {
			best = root;
			root = root->right;
		} else {
			root = root->left;
		}
	}
	return best;
}

struct vmap *vmap_tree_from(struct vmap *root, uint64_t addr)
{
	struct vmap *best = NULL;

	while (root) {
		if (root->start >= addr) {
			best = root;
			root = root->left;
		} else {
			root = root->right;
		}
	}
	return best;
}

struct vmap *vmap_tree_find(struct vmap *root, uint64_t addr)
{
	while (root) {
		if (addr < root->start)
			root = root->left;
		else if (addr - root->start < root->size)
			return root;
		else
			root = root->right;
	}
	return NULL;
}

static bool fits(const struct vmap *v, uint64_t size, uint64_t align, uint64_t vstart,
		 uint64_t vend, uint64_t *at)
{
	uint64_t start = v->start > vstart ? v->start : vstart, end = v->start + v->size;

	if (end > vend)
		end = vend;
	if (start > UINT64_MAX - (align - 1))
		return false;
	start = (start + align - 1) & ~(align - 1);
	*at = start;
	return start < end && end - start >= size;
}

struct vmap *vmap_tree_fit(struct vmap *root, uint64_t size, uint64_t align, uint64_t vstart,
			   uint64_t vend, uint64_t *at)
{
	struct vmap *found;

	if (!root || root->largest < size)
		return NULL;
	/* What ends before vstart lies left of everything that may serve. */
	if (root->start > vstart) {
		found = vmap_tree_fit(root->left, size, align, vstart, vend, at);
		if (found)
			return found;
	}
	if (fits(root, size, align, vstart, vend, at))
		return root;
	if (root->start >= vend)
		return NULL;
	return vmap_tree_fit(root->right, size, align, vstart, vend, at);
}

struct check {
	const struct vmap *last;
	const char *bad;
	size_t n;
};

static void check_below(const struct vmap *t, struct check *c)
{
	uint64_t largest;

	if (!t || c->bad)
		return;
	check_below(t->left, c);
	if (c->bad)
		return;
	c->n++;
	if (!t->size || t->start + t->size < t->start)
		c->bad = "a range is empty or wraps";
	else if (c->last && c->last->start + c->last->size > t->start)
		c->bad = "two ranges overlap";
	c->last = t;
	largest = t->size;
	if (t->left && t->left->largest > largest)
		largest = t->left->largest;
	if (t->right && t->right->largest > largest)
		largest = t->right->largest;
	if (!c->bad && t->largest != largest)
		c->bad = "the largest size of a subtree is wrong";
	check_below(t->right, c);
}

const char *vmap_tree_check(const struct vmap *root, size_t *n)
{
	struct check c = { NULL, NULL, 0 };

	check_below(root, &c);
	*n = c.n;
	return c.bad;
}
