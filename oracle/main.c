/*~ Welcome to margind.
 *
 * margind watches the prices of many exchanges and the vaults of DeFi
 * protocols, works out on every price move what each vault is worth and when
 * it must be liquidated, and signs the result.
 *
 * The comments that begin with a tilde are a guided tour.  It goes:
 *
 *   1. here              one binary; each command is one file, cmd_*.c
 *   2. cmd_run.c         `margind run`: read the config, start the processes
 *   3. supervisor.c      who starts whom, and what happens when one dies
 *   4. role_feeds.c      websocket frames to ticks
 *   5. role_engine.c     ticks to attestations: the loop around
 *      machine.c         the state machine; start at machine_close
 *   6. signer.c          what may be signed, and with which key
 *      policy.c          its rules
 *      role_surface.c    volatilities of options, fitted beside it
 *   7. role_journal.c, role_chain.c, role_api.c    who hears of it
 *
 * The same binary runs every process: the supervisor executes it again with
 * `--role NAME`, so that each role starts with nothing but the descriptors it
 * was handed. */
#include "oracle/cmd.h"
#include "oracle/proc.h"
#include "oracle/suggest.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} COMMANDS[] = {
	{ "run", cmd_run, "the service: watch, compute, sign, publish" },
	{ "demo", cmd_demo, "the whole house on this machine, simulated" },
	{ "sim", cmd_sim, "simulated exchanges from a script" },
	{ "record", cmd_record, "keep what the venues of a config send" },
	{ "feeds", cmd_feeds, "what each venue of a running service says" },
	{ "replay", cmd_replay,
	  "recorded frames, or a journal, through the same code" },
	{ "shadow", cmd_shadow,
	  "a new config beside the old one: what would differ" },
	{ "margin", cmd_margin, "margin figures of a book in a market" },
	{ "simulate", cmd_simulate, "a vault after shocks and actions" },
	{ "stress", cmd_stress, "a book under named shocks and a ladder" },
	{ "calls", cmd_calls,
	  "margin calls over time: states, deadlines, ageing" },
	{ "optimise", cmd_optimise,
	  "a vault's cheapest margin: deposits, trades, a better mix" },
	{ "backtest", cmd_backtest,
	  "does a margin cover what is lost, over price histories" },
	{ "attest", cmd_attest, "an attestation of a book in a market" },
	{ "verify", cmd_verify, "check attestations: signatures, sequence, "
	  "roots" },
	{ "keys", cmd_keys, "make, show and convert key files" },
	{ "pause", cmd_pause, "stop signing, and say so in a signed refusal" },
	{ "resume", cmd_resume, "sign again" },
	{ "reload", cmd_reload, "read the config anew, if its prices agree" },
	{ "status", cmd_status, "what a running service is doing" },
	{ "check-config", cmd_check_config,
	  "read a config, say what is wrong" },
	{ "config", cmd_config, "config example, config explain" },
	{ "rules", cmd_rules, "rules check, rules presets" },
};

static int
help(FILE *out)
{
	fprintf(out, "usage: margind COMMAND [OPTIONS]\n\n"
	    "A margin oracle: from exchange prices to signed margin "
	    "verdicts.\n\n");
	for (size_t i = 0; i < ARRAY_COUNT(COMMANDS); i++)
		fprintf(out, "  %-14s %s\n", COMMANDS[i].name,
		    COMMANDS[i].help);
	fprintf(out, "\n  --help         this text; `margind COMMAND --help` "
	    "says more\n  --version      the version\n\n"
	    "Exit codes: 0 done, 1 failed, 2 usage, 3 config, 4 stale or not "
	    "ready,\n5 signer, 6 chain.  Data on standard output, everything "
	    "else on standard error.\n");
	return EXIT_OK;
}

static int
unknown(const char *name)
{
	struct suggest nearest = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(COMMANDS); i++)
		suggest_offer(&nearest, name, strlen(name), COMMANDS[i].name);
	fprintf(stderr, "margind: unknown command `%s`", name);
	if (nearest.best)
		fprintf(stderr, " (did you mean `%s`?)", nearest.best);
	fprintf(stderr, "; see margind --help\n");
	return EXIT_USAGE;
}

static int
run_role(const char *name)
{
	static int (*const RUN[ROLE_COUNT])(void) = {
		[ROLE_FEEDS] = role_feeds, [ROLE_ENGINE] = role_engine,
		[ROLE_SIGNER] = role_signer, [ROLE_CHAIN] = role_chain,
		[ROLE_JOURNAL] = role_journal, [ROLE_API] = role_api,
		[ROLE_SURFACE] = role_surface,
	};

	for (enum role r = ROLE_FEEDS; r < ROLE_COUNT; r++)
		if (RUN[r] && strcmp(role_name(r), name) == 0)
			return RUN[r]();
	fprintf(stderr, "margind: no role `%s`; roles are started by "
	    "`margind run`\n", name);
	return EXIT_USAGE;
}

/* What was printed must have arrived: a full disk is a failure. */
static int
output_end(int code)
{
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code != EXIT_OK)
		return code;
	perror("margind: standard output");
	return EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "margind: a command is missing; see margind "
		    "--help\n");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--role") == 0 && argc == 3)
		return run_role(argv[2]);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return output_end(help(stdout));
	if (strcmp(argv[1], "--version") == 0) {
		puts("margind " MARGIND_VERSION);
		return output_end(EXIT_OK);
	}
	for (size_t i = 0; i < ARRAY_COUNT(COMMANDS); i++)
		if (strcmp(COMMANDS[i].name, argv[1]) == 0)
			return output_end(COMMANDS[i].run(argc - 1, argv + 1));
	return unknown(argv[1]);
}
