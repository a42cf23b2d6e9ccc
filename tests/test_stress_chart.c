/* oracle/stress_chart and chart_svg: nothing to show, one point, numbers of
 * every size, words that XML or the line does not take. */
#include "oracle/stress_chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/margin_world.h"

static char *
draw(const struct stress_chart *c)
{
	struct text t;

	text_init(&t, 65536);
	stress_chart(&t, c);
	assert_false(t.failed);
	assert_memory_equal(t.at, "<svg ", 5);
	assert_string_equal(t.at + t.len - 7, "</svg>\n");
	assert_null(strstr(t.at, "nan"));
	assert_null(strstr(t.at, "inf"));
	return t.at;
}

static struct stress_chart
two(const char *risk)
{
	return (struct stress_chart){
		.book = "b", .vaults = 3, .count = 2,
		.point = {
			{ .shock = num18_from_raw(-500000000000000000),
			  .debt_at_risk = usd(risk), .stale = 1 },
			{ .shock = num18_from_raw(500000000000000000) },
		},
	};
}

static void
stress_chart__draws_nothing_at_risk(void **state)
{
	struct stress_chart c = two("0");
	char *svg = draw(&c);

	(void)state;
	assert_non_null(strstr(svg, ">now</text>"));
	assert_non_null(strstr(svg, ">3 vaults; 1 stale, left out<"));
	assert_non_null(strstr(svg, "M78.0 508.0L982.0 508.0"));
	free(svg);
	c.count = 1;
	free(draw(&c));
}

static void
stress_chart__scales_its_numbers(void **state)
{
	static const struct {
		const char *risk, *tick;
	} rows[] = { { "0.003", ">0.0030</text>" }, { "9", ">8</text>" },
	    { "999", ">800</text>" }, { "1800", ">1800</text>" },
	    { "2000", ">2.0 k</text>" },
	    { "3000000", ">3.0 M</text>" }, { "52000000", ">50 M</text>" },
	    { "7000000000", ">7 bn</text>" },
	    { "100000000000000000000", ">100000000 T</text>" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct stress_chart c = two(rows[i].risk);
		char *svg = draw(&c);

		if (!strstr(svg, rows[i].tick))
			print_message("%s\n", svg);
		assert_non_null(strstr(svg, rows[i].tick));
		assert_non_null(strstr(svg, ">0</text>"));
		free(svg);
	}
}

static void
stress_chart__escapes_and_cuts_names(void **state)
{
	struct stress_chart c = two("1");
	char name[300], *svg;

	(void)state;
	c.book = "<a & \n b>";
	c.factor = "<f>";
	c.as_of_ms = 1795132859000;
	svg = draw(&c);
	assert_non_null(strstr(svg, "&lt;a &amp;   b&gt; under stress<"));
	assert_non_null(strstr(svg, ">move of &lt;f&gt;<"));
	assert_non_null(strstr(svg, ">3 vaults at 2026-11-20 00:00 UTC; 1"));
	free(svg);
	for (size_t i = 0; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "ü", 3);
	c.book = name;
	svg = draw(&c);
	assert_non_null(strstr(svg, "üü…</text>"));
	free(svg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stress_chart__draws_nothing_at_risk),
		cmocka_unit_test(stress_chart__scales_its_numbers),
		cmocka_unit_test(stress_chart__escapes_and_cuts_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
