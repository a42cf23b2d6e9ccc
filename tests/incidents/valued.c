#include "tests/incidents/valued.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "oracle/study.h"

/* A file that is nowhere, for readers that want a path. */
struct paper {
	int fd;
	char path[32];
	FILE *f;
};

static void
paper_open(struct paper *p, const char *name)
{
	p->fd = memfd_create(name, 0);
	MUST(p->fd >= 0);
	snprintf(p->path, sizeof(p->path), "/proc/self/fd/%d", p->fd);
	p->f = fdopen(p->fd, "w");
	MUST(p->f);
}

static void
book_write(struct paper *p, const struct scene *s, const struct loan *l,
    const char *risk)
{
	fprintf(p->f, "{\"book\":\"incident\",\"chain_id\":31337,"
	    "\"assets\":[");
	for (unsigned i = 0; i < s->asset_count; i++) {
		const struct scene_asset *a = &s->asset[i];

		fprintf(p->f, "%s{\"id\":\"%s\",\"decimals\":18,\"price\":"
		    "\"%s\"", i > 0 ? "," : "", a->id,
		    s->unit[a->unit].name);
		if (i != l->collateral)
			fprintf(p->f, ",\"ltv\":\"0.8\","
			    "\"liquidation_threshold\":\"0.825\"");
		else if (risk[0])
			fprintf(p->f, ",%s", risk);
		fprintf(p->f, "}");
	}
	fprintf(p->f, "],\"vaults\":[{\"id\":\"loan\",\"nonce\":1,"
	    "\"collateral\":[{\"asset\":\"%s\",\"amount\":\"%.6f\"}],"
	    "\"debt\":[{\"asset\":\"%s\",\"amount\":\"%.6f\"}]}]}",
	    s->asset[l->collateral].id, l->amount, s->asset[l->debt].id,
	    l->owed);
	MUST(fflush(p->f) == 0);
}

static void
market_write(struct paper *p, const struct scene *s, const struct moment *m)
{
	time_t now_s = (time_t)(m->ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&now_s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(p->f, "{\"as_of\":\"%s\",\"prices\":{\"USD\":{\"mid\":\"1\"}",
	    text);
	for (unsigned i = 0; i < s->asset_count; i++)
		fprintf(p->f, ",\"%s\":{\"mid\":\"%.9f\",\"low\":\"%.9f\","
		    "\"high\":\"%.9f\"}", s->unit[s->asset[i].unit].name,
		    m->price[i].mid, m->price[i].low, m->price[i].high);
	fprintf(p->f, "}}");
	MUST(fflush(p->f) == 0);
}

enum vault_state
valued_state(const struct scene *s, const struct moment *m,
    const struct loan *l, const char *risk)
{
	struct paper book, market;
	struct margin_result r;
	struct study study = { 0 };

	paper_open(&book, "book.json");
	paper_open(&market, "market.json");
	book_write(&book, s, l, risk);
	market_write(&market, s, m);
	MUST(study_open(&study, book.path, market.path, NULL) == ERR_OK);
	MUST(margin_evaluate(&r, &study.snapshot, 0, METHOD_RATIO) == ERR_OK);
	study_close(&study);
	fclose(book.f);
	fclose(market.f);
	return r.state;
}
