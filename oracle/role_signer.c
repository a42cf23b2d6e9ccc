/*~ The signer's first minute: the keys are decrypted and the state is opened
 * here, then the rights go, and signer.c runs for the rest of its life. */
#include "oracle/book_pin.h"
#include "oracle/cmd.h"
#include "oracle/log.h"
#include "oracle/proc.h"
#include "oracle/signer.h"

#include <stdlib.h>
#include <string.h>

struct signer_role {
	struct proc_role proc;
	struct signer_setup setup;
	struct signer_state state;
	struct signer_keys *keys;
	uint64_t book_chain_id;
};

/* What the signer pins of the book: its name, its rules, how many assets. */
static enum err
book_take(struct signer_role *r)
{
	struct book_pin pin;
	enum err e = book_pin_read(&pin, r->proc.book_text,
	    r->proc.book_text_len, r->proc.config.book_file,
	    r->proc.config.vaults_max);

	free(r->proc.book_text);
	r->proc.book_text = NULL;
	if (e != ERR_OK)
		return e;
	r->setup.book = pin.id;
	r->setup.rules_hash = pin.rules_hash;
	r->setup.asset_count = pin.asset_count;
	r->book_chain_id = pin.chain_id;
	return ERR_OK;
}

static enum err
keys_take(struct signer_role *r)
{
	const struct config *c = &r->proc.config;
	const char *const from[4] = { c->keystore, c->password_file,
	    c->gas_keystore, c->gas_password_file };
	char path[4][CONFIG_PATH_MAX] = { "", "", "", "" };
	char why[2 * CONFIG_PATH_MAX];
	enum err e = ERR_OK;

	for (size_t i = 0; i < 4 && e == ERR_OK; i++)
		if (from[i][0] != '\0')
			e = config_path_from(path[i], r->proc.config_path,
			    from[i]);
	if (e != ERR_OK) {
		log_error("a key's path is too long");
		return e;
	}
	e = signer_keys_open(&r->keys, path[0], path[1], path[2], path[3],
	    why, sizeof(why));
	if (e != ERR_OK)
		log_error("%s", why);
	return e;
}

static enum err
state_take(struct signer_role *r, char path[CONFIG_PATH_MAX])
{
	struct signer_identity id;
	char why[PRIVATE_WHY];
	enum err e = config_path_from(path, r->proc.config_path,
	    r->proc.config.signer_state);

	if (e != ERR_OK) {
		log_error("the state's path is too long");
		return e;
	}
	signer_identity_from(&id, &r->proc.config, r->book_chain_id,
	    &r->setup.book, &r->keys->attest.address);
	r->setup.domain.chain_id = id.chain_id;
	r->setup.domain.contract = id.contract;
	e = signer_state_open(&r->state, path, &id, signer_clock_ms(), why);
	if (e != ERR_OK)
		log_error("%s %s; `margind keys init-state` makes a new one",
		    path, why);
	return e;
}

int
role_signer(void)
{
	static struct signer_role r;
	char state_path[CONFIG_PATH_MAX];
	/* No path at all: its one file is open already. */
	static const struct sandbox_paths paths;
	int code;

	proc_role_begin(&r.proc, ROLE_SIGNER);
	if (book_take(&r) != ERR_OK)
		return EXIT_CONFIG;
	if (keys_take(&r) != ERR_OK || state_take(&r, state_path) != ERR_OK ||
	    sandbox_enter(ROLE_SIGNER, r.proc.config.sandbox, &paths) !=
	    ERR_OK)
		return EXIT_SIGNER;
	r.setup.control_fd = r.proc.control_fd;
	r.setup.engine_fd = r.proc.peer[ROLE_ENGINE];
	r.setup.engine_ring = r.proc.ring[ROLE_ENGINE];
	r.setup.spin = r.proc.spin;
	r.setup.chain_fd = r.proc.peer[ROLE_CHAIN];
	r.setup.config = &r.proc.config;
	r.setup.keys = r.keys;
	r.setup.state = &r.state;
	code = signer_run(&r.setup);
	signer_keys_close(r.keys);
	signer_state_close(&r.state);
	return code;
}
