/* oracle/cmd_keys.c - `margind keys`: key files made, read and converted.
 *
 * A password comes from a file, a descriptor or the terminal, never from the
 * command line or the environment, which other users and logs can see. */
#include "oracle/cmd.h"

#include "base/hex.h"
#include "oracle/input.h"
#include "oracle/keystore.h"
#include "oracle/private_file.h"
#include "oracle/signer_state.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

static const char usage[] =
"usage: margind keys new --out FILE [PASSWORD] [--light]\n"
"       margind keys address FILE [PASSWORD]\n"
"       margind keys import --hex-file FILE --out FILE [PASSWORD] [--light]\n"
"       margind keys export FILE --hex-file FILE [PASSWORD]\n"
"       margind keys init-state --config FILE\n"
"PASSWORD is --password-file FILE or --password-fd N; without either it is\n"
"asked for on the terminal.  `address` without PASSWORD prints what the file\n"
"says; with it, what the key is.  --light: scrypt n = 2^12, for tests.\n"
"`init-state` makes the signer's state file, or makes it anew: sequences then\n"
"begin above everything that could have been signed until now.  Never while\n"
"another machine signs with the same key.\n";

/* Everything secret of a command, on one guarded allocation. */
struct secrets {
	struct sig_key key;
	uint8_t password[KEYSTORE_PASSWORD_MAX];
	size_t password_len;
	uint8_t again[KEYSTORE_PASSWORD_MAX];
	char hex[128];
};

struct keys_command {
	const char *file;	/* the argument without an option */
	const char *out, *hex_file, *password_file, *config_file;
	int password_fd;	/* -1: none */
	bool is_light;
	struct secrets *secret;
	struct sig_context *sig;
};

static int
complain(int code, const char *what, const char *why)
{
	fprintf(stderr, "margind keys: %s%s%s\n", what, why[0] ? " " : "",
	    why);
	return code;
}

static int
usage_error(const char *what)
{
	fprintf(stderr, "margind keys: %s\n%s", what, usage);
	return EXIT_USAGE;
}

static enum err
password_from_fd(struct secrets *s, int fd)
{
	size_t have = 0;

	for (;;) {
		ssize_t n;

		if (have == sizeof(s->password))
			return ERR_LIMIT;
		n = read(fd, s->password + have, sizeof(s->password) - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	s->password_len = keystore_password_trim(s->password, have);
	return ERR_OK;
}

/* One line from the terminal without echo. */
static enum err
password_ask(const char *prompt, uint8_t *out, size_t *len)
{
	struct termios shown, hidden;
	ssize_t n;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
		return ERR_MISSING;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0)
		return ERR_IO;
	n = read(STDIN_FILENO, out, KEYSTORE_PASSWORD_MAX);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	if (n < 0)
		return ERR_IO;
	*len = keystore_password_trim(out, (size_t)n);
	return ERR_OK;
}

static int
password_from_terminal(struct secrets *s, bool is_new)
{
	size_t again_len;

	if (password_ask("Password: ", s->password, &s->password_len) !=
	    ERR_OK)
		return usage_error("no password: there is no terminal to ask");
	if (!is_new)
		return EXIT_OK;
	if (password_ask("Again: ", s->again, &again_len) != ERR_OK ||
	    again_len != s->password_len ||
	    sodium_memcmp(s->again, s->password, again_len) != 0)
		return complain(EXIT_FAILED, "the two passwords differ", "");
	return EXIT_OK;
}

static int
password_get(struct keys_command *k, bool is_new)
{
	struct secrets *s = k->secret;
	char why[PRIVATE_WHY];
	size_t len;
	int code = EXIT_OK;

	if (k->password_file) {
		if (private_file_read(s->password, &len, sizeof(s->password),
		    k->password_file, why) != ERR_OK)
			return complain(EXIT_FAILED, k->password_file, why);
		s->password_len = keystore_password_trim(s->password, len);
	} else if (k->password_fd >= 0) {
		if (password_from_fd(s, k->password_fd) != ERR_OK)
			return complain(EXIT_FAILED,
			    "the password's descriptor cannot be read", "");
	} else {
		code = password_from_terminal(s, is_new);
	}
	if (code == EXIT_OK && is_new && s->password_len == 0)
		return complain(EXIT_FAILED, "the password is empty", "");
	return code;
}

static void
print_address(const struct addr *a)
{
	char text[HEX_ADDR_BUF];

	addr_to_checksum(text, a);
	puts(text);
}

/* The key is in k->secret; encrypt it and write the file. */
static int
key_write(struct keys_command *k)
{
	char why[KEYSTORE_WHY], text[KEYSTORE_TEXT_MAX];
	struct keystore_random chance;
	struct keystore file;
	size_t len;
	enum err e;

	randombytes_buf(&chance, sizeof(chance));
	e = keystore_seal(&file, &k->secret->key, k->secret->password,
	    k->secret->password_len, &chance, k->is_light, why);
	if (e == ERR_OK)
		e = keystore_print(text, &len, sizeof(text), &file);
	if (e == ERR_OK)
		e = private_file_create(k->out, text, len, why);
	if (e != ERR_OK)
		return complain(EXIT_FAILED, k->out, why);
	print_address(&k->secret->key.address);
	return EXIT_OK;
}

static int
keys_new(struct keys_command *k)
{
	uint8_t *chance = (uint8_t *)k->secret->hex;
	int code;

	if (!k->out || k->file || k->hex_file)
		return usage_error("new takes --out FILE");
	if ((code = password_get(k, true)) != EXIT_OK)
		return code;
	do	/* a number beyond the group's order: once in 2^128 */
		randombytes_buf(chance, 32);
	while (sig_key_from_secret(&k->secret->key, k->sig, chance) != ERR_OK);
	return key_write(k);
}

static int
keys_import(struct keys_command *k)
{
	char why[PRIVATE_WHY], *hex = k->secret->hex;
	uint8_t *secret = k->secret->again;
	size_t len;
	int code;

	if (!k->out || !k->hex_file || k->file)
		return usage_error("import takes --hex-file FILE --out FILE");
	if (private_file_read(hex, &len, sizeof(k->secret->hex), k->hex_file,
	    why) != ERR_OK)
		return complain(EXIT_FAILED, k->hex_file, why);
	len = keystore_password_trim((uint8_t *)hex, len);
	if (hex_to_bytes(secret, 32, hex, len) != ERR_OK)
		return complain(EXIT_FAILED, k->hex_file,
		    "is not 64 hexadecimal digits");
	if (sig_key_from_secret(&k->secret->key, k->sig, secret) != ERR_OK)
		return complain(EXIT_FAILED, k->hex_file,
		    "holds a number that is no key");
	if ((code = password_get(k, true)) != EXIT_OK)
		return code;
	return key_write(k);
}

static int
file_parse(struct keystore *out, const struct keys_command *k)
{
	char why[KEYSTORE_WHY], text[KEYSTORE_TEXT_MAX];
	size_t len;

	if (private_file_read(text, &len, sizeof(text), k->file, why) !=
	    ERR_OK || keystore_parse(out, text, len, why) != ERR_OK)
		return complain(EXIT_FAILED, k->file, why);
	return EXIT_OK;
}

/* Decrypts k->file into k->secret->key. */
static int
key_read(struct keys_command *k)
{
	char why[KEYSTORE_WHY];
	struct keystore file;
	int code;

	if ((code = file_parse(&file, k)) != EXIT_OK ||
	    (code = password_get(k, false)) != EXIT_OK)
		return code;
	if (keystore_open(&k->secret->key, &file, k->sig, k->secret->password,
	    k->secret->password_len, why) != ERR_OK)
		return complain(EXIT_SIGNER, k->file, why);
	return EXIT_OK;
}

static int
keys_address(struct keys_command *k)
{
	struct keystore file;
	int code;

	if (!k->file || k->out || k->hex_file)
		return usage_error("address takes FILE");
	if ((code = file_parse(&file, k)) != EXIT_OK)
		return code;
	if (!k->password_file && k->password_fd < 0 && file.has_address) {
		print_address(&file.address);
		return EXIT_OK;
	}
	if ((code = key_read(k)) == EXIT_OK)
		print_address(&k->secret->key.address);
	return code;
}

static int
keys_export(struct keys_command *k)
{
	char why[PRIVATE_WHY], *hex = k->secret->hex;
	size_t len;
	int code;

	if (!k->file || !k->hex_file || k->out)
		return usage_error("export takes FILE --hex-file FILE");
	if ((code = key_read(k)) != EXIT_OK)
		return code;
	len = hex_from_bytes(hex, k->secret->key.secret, 32);
	hex[len++] = '\n';
	if (private_file_create(k->hex_file, hex, len, why) != ERR_OK)
		return complain(EXIT_FAILED, k->hex_file, why);
	print_address(&k->secret->key.address);
	return EXIT_OK;
}

/* The key file's own address will do: it is checked when the signer opens the
 * key, and a state of another signer is refused by name then. */
static int
signer_address(struct addr *out, struct keys_command *k,
    const struct config *c)
{
	char path[CONFIG_PATH_MAX];
	struct keystore file;
	int code;

	if (config_path_from(path, k->config_file, c->keystore) != ERR_OK)
		return complain(EXIT_CONFIG, c->keystore, "is too long");
	k->file = path;
	code = file_parse(&file, k);
	k->file = NULL;
	if (code == EXIT_OK && !file.has_address)
		return complain(EXIT_FAILED, path, "does not say its address");
	*out = file.address;
	return code;
}

static int
keys_init_state(struct keys_command *k)
{
	static struct config config;
	struct input_book *book = NULL;
	struct signer_identity id;
	struct addr signer;
	char path[CONFIG_PATH_MAX], why[PRIVATE_WHY];
	int code;

	if (!k->config_file || k->file || k->out || k->hex_file)
		return usage_error("init-state takes --config FILE");
	if (input_config_read(&config, &book, k->config_file) != ERR_OK)
		return EXIT_CONFIG;
	if (!book || !config.has_signer || config_path_from(path,
	    k->config_file, config.signer_state) != ERR_OK) {
		code = complain(EXIT_CONFIG, k->config_file,
		    "has no book or no signer");
	} else if ((code = signer_address(&signer, k, &config)) == EXIT_OK) {
		signer_identity_from(&id, &config, book->book.chain_id,
		    &book->book.id, &signer);
		if (signer_state_create(path, &id, signer_clock_ms(), why) !=
		    ERR_OK)
			code = complain(EXIT_SIGNER, path, why);
	}
	input_book_free(book);
	return code;
}

static const struct {
	const char *name;
	int (*run)(struct keys_command *k);
} commands[] = {
	{ "new", keys_new },
	{ "address", keys_address },
	{ "import", keys_import },
	{ "export", keys_export },
	{ "init-state", keys_init_state },
};

/* The options; what is wrong with them is already said where false. */
static bool
options_read(struct keys_command *k, int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "hex-file", required_argument, NULL, 'x' },
		{ "password-file", required_argument, NULL, 'p' },
		{ "password-fd", required_argument, NULL, 'd' },
		{ "light", no_argument, NULL, 'l' },
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*k = (struct keys_command){ .password_fd = -1 };
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		char *end;
		long fd;

		if (c == 'o')
			k->out = optarg;
		else if (c == 'x')
			k->hex_file = optarg;
		else if (c == 'p')
			k->password_file = optarg;
		else if (c == 'c')
			k->config_file = optarg;
		else if (c == 'l')
			k->is_light = true;
		else if (c == 'd') {
			fd = strtol(optarg, &end, 10);
			if (*end != '\0' || end == optarg || fd < 0 ||
			    fd > 1024)
				return false;
			k->password_fd = (int)fd;
		} else {
			return false;
		}
	}
	if (optind < argc)
		k->file = argv[optind++];
	return optind == argc && !(k->password_file && k->password_fd >= 0);
}

static int
run_guarded(struct keys_command *k, int (*run)(struct keys_command *k))
{
	static const struct rlimit none;
	uint8_t chance[32];
	int code;

	/* No secret of ours in a core file or under a debugger. */
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	if (sodium_init() < 0)
		return complain(EXIT_FAILED, "libsodium does not start", "");
	randombytes_buf(chance, sizeof(chance));
	if (sig_context_create(&k->sig, chance) != ERR_OK)
		return complain(EXIT_FAILED, "not enough memory", "");
	k->secret = sodium_malloc(sizeof(*k->secret));
	if (k->secret) {
		memset(k->secret, 0, sizeof(*k->secret));
		code = run(k);
	} else {
		code = complain(EXIT_FAILED, "no guarded memory", "");
	}
	sodium_free(k->secret);	/* wipes; NULL is fine */
	sig_context_destroy(k->sig);
	return code;
}

int
cmd_keys(int argc, char **argv)
{
	struct keys_command k;

	if (argc < 2)
		return usage_error("which one?");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (!options_read(&k, argc - 1, argv + 1))
			return usage_error("these options do not fit");
		return run_guarded(&k, commands[i].run);
	}
	return usage_error("no such command");
}
