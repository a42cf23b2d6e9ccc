/* Maker: what a bark sends to auction. */
#include "margin/close_maker.h"
#include "tests/cases/lending.h"

/* assert_case: what the contract's own test asserts about the result. */
static void
assert_case(struct cases *c, const struct node *word,
    const struct maker_vault *v, const struct maker_bark *b)
{
	struct evm e = { ERR_OK };
	struct u256 rest = evm_mul(&e, evm_sub_or_zero(v->art, b->dart),
	    v->rate);

	if (node_is(word, "full"))
		case_u256(c, "upstream_assert", v->art, b->dart);
	else if (node_is(word, "remnant=dust"))
		case_u256(c, "upstream_assert", v->dust, rest);
}

static bool
item_read(struct cases *c, const struct node *item, unsigned index)
{
	const struct node *in = node_find(item, "inputs");
	const struct node *expected = node_find(item, "expected");
	struct maker_vault v;
	struct maker_bark b;

	if (node_find(in, "art") == NULL || expected == NULL)
		return false;
	case_begin_item(c, item, "bark", index);
	v = (struct maker_vault){
		.ink = get_u256(in, "ink"), .art = get_u256(in, "art"),
		.rate = get_u256(in, "rate"), .spot = get_u256(in, "spot"),
		.dust = get_u256(in, "dust"), .chop = get_u256(in, "chop"),
		.hole_all = get_u256(in, "Hole"),
		.dirt_all = get_u256(in, "Dirt"),
		.hole = get_u256(in, "hole"), .dirt = get_u256(in, "dirt"),
	};
	if (!case_ok(c, "maker_bark_vault", maker_bark_vault(&b, &v)))
		return true;
	if (expected->kind == NODE_STRING) {
		case_text(c, "outcome", expected->text,
		    maker_outcome_name(b.outcome));
		return true;
	}
	case_text(c, "outcome", "barked", maker_outcome_name(b.outcome));
	case_expected(c, expected, (struct got_u256[]){
	    { "dink", b.dink }, { "dart", b.dart }, { "due", b.due },
	    { "tab", b.tab },
	}, 4);
	assert_case(c, node_find(item, "upstream_assert"), &v, &b);
	return true;
}

void
cases_maker_dss(struct cases *c, const struct node *root)
{
	case_items(c, root, item_read);
}
