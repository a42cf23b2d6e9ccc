/* Key files against the published vectors, against damage, and round trips;
 * the files themselves: who may read them, and what `margind keys` answers. */
#include "oracle/keystore.h"

#include "base/hex.h"
#include "oracle/cmd.h"
#include "oracle/private_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include <zlib.h>

static struct sig_context *sig;
static char folder[] = "/tmp/margind-keystore-XXXXXX";

/* Of this repository, with an empty password; also in the fuzz corpus. */
static const char light[] =
    "{\"address\":\"35778055b8ed7c9c90e4455255e822499b0c0573\",\"crypto\""
    ":{\"cipher\":\"aes-128-ctr\",\"ciphertext\":\"24029e755e12abe38078da"
    "671c32e28ef662994bb69b146e5d0a609977f90b5a\",\"cipherparams\":{\"iv"
    "\":\"f0b53b2da041fca49ef0b9839060b345\"},\"kdf\":\"scrypt\",\"kdfpar"
    "ams\":{\"dklen\":32,\"n\":2,\"p\":1,\"r\":8,\"salt\":\"63479ad69a090"
    "b258277ec8fba6f99419a2ffb248981510657c944ccd1148e97\"},\"mac\":\"c47"
    "0d046da06c55efbc21651ecaa6c7d1e2b60ae4043f1ec7d7e87c27f702226\"},\"i"
    "d\":\"d2719b42-17d1-4f2c-8e6e-1c0ffee00001\",\"version\":3}";

static enum err
open_text(struct sig_key *out, const char *text, size_t len,
    const void *password, size_t password_len, char why[KEYSTORE_WHY])
{
	struct keystore k;
	enum err e = keystore_parse(&k, text, len, why);

	if (e != ERR_OK)
		return e;
	return keystore_open(out, &k, sig, password, password_len, why);
}

/* One published file: the right password gives the key, a wrong one nothing.
 * Each costs up to a second, so what is there twice is tried once. */
static void
vector_check(const json_t *file, const void *password, size_t password_len,
    const uint8_t *secret, const struct addr *address, unsigned *count)
{
	static char seen[32][65];
	const json_t *crypto = json_object_get(file, "crypto");
	const char *mac;
	char why[KEYSTORE_WHY], *text = json_dumps(file, 0);
	uint8_t wrong[64];
	struct sig_key key;

	mac = json_string_value(json_object_get(crypto ? crypto :
	    json_object_get(file, "Crypto"), "mac"));
	assert_non_null(mac);
	for (unsigned i = 0; i < *count; i++)
		if (strcmp(seen[i], mac) == 0) {
			free(text);
			return;
		}
	assert_int_equal(open_text(&key, text, strlen(text), password,
	    password_len, why), ERR_OK);
	if (secret)
		assert_memory_equal(key.secret, secret, 32);
	if (address)
		assert_true(addr_equal(&key.address, address));
	assert_in_range(password_len, 0, sizeof(wrong) - 1);
	memcpy(wrong, password, password_len);
	wrong[password_len] = '!';
	assert_int_equal(open_text(&key, text, strlen(text), wrong,
	    password_len + 1, why), ERR_AUTH);
	free(text);
	assert_in_range(*count, 0, ARRAY_COUNT(seen) - 1);
	snprintf(seen[(*count)++], sizeof(seen[0]), "%s", mac);
}

static const char *
vector_path(const char *name)
{
	static char path[512];
	const char *root = getenv("MARGIND_DATA");

	snprintf(path, sizeof(path), "%s/vectors/keystore/%s",
	    root ? root : "../shared/data", name);
	if (access(path, R_OK) != 0) {
		print_message("skipped: no recorded data (%s)\n", path);
		skip();
	}
	return path;
}

/* The object-of-objects form of ethereum/tests and go-ethereum. */
static void
named_vectors(const char *name, unsigned expected)
{
	json_t *all = json_load_file(vector_path(name), 0, NULL), *v;
	const char *key;
	unsigned count = 0;

	assert_non_null(all);
	json_object_foreach(all, key, v) {
		const char *password = json_string_value(
		    json_object_get(v, "password"));
		const char *hex = json_string_value(json_object_get(v,
		    "priv"));
		uint8_t secret[32] = { 0 };
		size_t len = strlen(hex) / 2;

		assert_int_equal(hex_to_bytes(secret + 32 - len, len, hex,
		    strlen(hex)), ERR_OK);
		vector_check(json_object_get(v, "json"), password,
		    strlen(password), secret, NULL, &count);
	}
	assert_int_equal(count, expected);
	json_decref(all);
}

static void
keystore_open__agrees_with_ethereum_tests(void **state)
{
	(void)state;
	named_vectors("ethereum-tests-basic_tests.json", 5);
}

static void
keystore_open__agrees_with_go_ethereum(void **state)
{
	(void)state;
	/* Two files and one password of its own: 31 and 30 byte keys too. */
	named_vectors("geth-v3_test_vector.json", 4);
}

static void
keystore_open__agrees_with_files_of_go_ethereum(void **state)
{
	static const char *const name[] = { "geth-keystore-aaa.json",
	    "geth-keystore-zzz.json", "geth-very-light-scrypt.json" };
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(name); i++) {
		json_t *file = json_load_file(vector_path(name[i]), 0, NULL);
		/* The address that each claims is checked by keystore_open. */

		vector_check(file, "foobar", i < 2 ? 6 : 0, NULL, NULL,
		    &count);
		json_decref(file);
	}
	assert_int_equal(count, 3);
}

static json_t *
load_gz(const char *path)
{
	static char text[1 << 20];
	gzFile f = gzopen(path, "rb");
	int n;

	assert_non_null(f);
	n = gzread(f, text, sizeof(text));
	gzclose(f);
	assert_in_range(n, 1, sizeof(text) - 1);
	return json_loadb(text, (size_t)n, 0, NULL);
}

static void
keystore_open__agrees_with_ethers(void **state)
{
	json_t *all = load_gz(vector_path("ethers-v6-wallets.json.gz")), *v;
	unsigned count = 0;
	size_t i;

	(void)state;
	assert_non_null(all);
	json_array_foreach(all, i, v) {
		const char *hex = json_string_value(json_object_get(v,
		    "password"));
		const char *text = json_string_value(json_object_get(v,
		    "address"));
		struct addr address;
		uint8_t password[64];
		size_t len;
		json_t *file;

		if (strcmp(json_string_value(json_object_get(v, "type")),
		    "keystore") != 0)
			continue;
		assert_int_equal(hex_to_bytes_max(password, &len,
		    sizeof(password), hex, strlen(hex)), ERR_OK);
		assert_int_equal(addr_from_text(&address, text, strlen(text)),
		    ERR_OK);
		file = json_loads(json_string_value(json_object_get(v,
		    "content")), 0, NULL);
		vector_check(file, password, len, NULL, &address, &count);
		json_decref(file);
	}
	assert_int_equal(count, 7);
	json_decref(all);
}

static void
keystore_parse__fails_on_version_one(void **state)
{
	json_t *all = json_load_file(vector_path("geth-v1_test_vector.json"),
	    0, NULL);
	char why[KEYSTORE_WHY], *text = json_dumps(json_object_get(
	    json_object_get(all, "test1"), "json"), 0);
	struct keystore k;

	(void)state;
	assert_int_equal(keystore_parse(&k, text, strlen(text), why),
	    ERR_UNKNOWN);
	assert_string_equal(why, "\"version\" is not 3");
	free(text);
	json_decref(all);
}

/* The light file with one piece of its text replaced. */
static enum err
parse_changed(const char *from, const char *to, char why[KEYSTORE_WHY])
{
	char text[2048];
	const char *at = strstr(light, from);
	struct keystore k;

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - light), light, to,
	    at + strlen(from));
	return keystore_parse(&k, text, strlen(text), why);
}

static void
keystore_parse__names_what_is_wrong(void **state)
{
	static const struct {
		const char *from, *to;
		enum err e;
		const char *why;
	} row[] = {
		{ "\"version\":3", "\"version\":4", ERR_UNKNOWN, "version" },
		{ "\"version\":3", "\"version\":\"3\"", ERR_UNKNOWN,
		    "version" },
		{ ",\"version\":3", "", ERR_MISSING, "version" },
		{ "\"version\":3", "\"version\":3,\"version\":3", ERR_SYNTAX,
		    "duplicate" },
		{ "\"version\":3", "\"version\":3,\"Crypto\":{}",
		    ERR_DUPLICATE, "crypto" },
		{ "\"crypto\"", "\"krypto\"", ERR_MISSING, "crypto" },
		{ "aes-128-ctr", "aes-128-cbc", ERR_UNKNOWN, "cipher" },
		{ "\"kdf\":\"scrypt\"", "\"kdf\":\"argon2\"", ERR_UNKNOWN,
		    "kdf" },
		{ "\"kdf\":\"scrypt\"", "\"kdf\":\"pbkdf2\"", ERR_MISSING,
		    "prf" },
		{ "\"dklen\":32", "\"dklen\":31", ERR_LIMIT, "dklen" },
		{ "\"dklen\":32", "\"dklen\":64", ERR_LIMIT, "dklen" },
		{ "\"n\":2,", "\"n\":3,", ERR_SYNTAX, "power of two" },
		{ "\"n\":2,", "\"n\":1,", ERR_LIMIT, "\"n\"" },
		{ "\"n\":2,", "\"n\":-2,", ERR_LIMIT, "\"n\"" },
		{ "\"n\":2,", "\"n\":2.0,", ERR_SYNTAX, "\"n\"" },
		{ "\"n\":2,", "\"n\":8388608,", ERR_LIMIT, "\"n\"" },
		{ "\"n\":2,", "\"n\":1048576,", ERR_LIMIT, "MiB" },
		{ "\"n\":2,", "\"n\":99999999999999999999,", ERR_SYNTAX,
		    "line 1" },
		{ "\"p\":1", "\"p\":0", ERR_LIMIT, "\"p\"" },
		{ "\"p\":1", "\"p\":65", ERR_LIMIT, "\"p\"" },
		{ "\"r\":8", "\"r\":65", ERR_LIMIT, "\"r\"" },
		{ "\"iv\":\"f0", "\"iv\":\"", ERR_SYNTAX, "iv" },
		{ "\"iv\":\"f0", "\"iv\":\"f0f0", ERR_SYNTAX, "iv" },
		{ "\"iv\":\"f0", "\"iv\":\"fx", ERR_SYNTAX, "iv" },
		{ "\"ciphertext\":\"24", "\"ciphertext\":\"2424", ERR_SYNTAX,
		    "ciphertext" },
		{ "\"mac\":\"c4", "\"mac\":\"", ERR_SYNTAX, "mac" },
		{ "\"address\":\"35", "\"address\":\"", ERR_SYNTAX,
		    "address" },
		{ "\"salt\":\"63", "\"salt\":\"0", ERR_SYNTAX, "salt" },
		{ "\"salt\":\"63479ad69a090b258277ec8fba6f99419a2ffb24"
		    "8981510657c944ccd1148e97\"", "\"salt\":\"\"", ERR_SYNTAX,
		    "salt" },
		{ "{\"address\"", "[{\"address\"", ERR_SYNTAX, "line 1" },
	};
	char why[KEYSTORE_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(row); i++) {
		why[0] = '\0';
		assert_int_equal(parse_changed(row[i].from, row[i].to, why),
		    row[i].e);
		assert_non_null(strstr(why, row[i].why));
	}
	assert_int_equal(parse_changed("\"n\":2,", "\"n\":524288,", why),
	    ERR_OK);	/* 512 MiB */
	assert_int_equal(parse_changed("\"n\":2,\"p\":1",
	    "\"n\":524288,\"p\":3", why), ERR_LIMIT);	/* three times that */
}

static void
keystore_parse__limits_the_text(void **state)
{
	char text[KEYSTORE_TEXT_MAX + 1], why[KEYSTORE_WHY];
	struct keystore k;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, light, strlen(light));
	assert_int_equal(keystore_parse(&k, text, KEYSTORE_TEXT_MAX, why),
	    ERR_OK);
	assert_int_equal(keystore_parse(&k, text, KEYSTORE_TEXT_MAX + 1, why),
	    ERR_LIMIT);
	assert_int_equal(keystore_parse(&k, "[]", 2, why), ERR_SYNTAX);
	assert_int_equal(keystore_parse(&k, "", 0, why), ERR_SYNTAX);
}

static void
keystore_open__fails_on_any_damaged_bit(void **state)
{
	struct keystore k, bad;
	char why[KEYSTORE_WHY];
	struct sig_key key;

	(void)state;
	assert_int_equal(keystore_parse(&k, light, strlen(light), why),
	    ERR_OK);
	assert_int_equal(keystore_open(&key, &k, sig, (const uint8_t *)
	    "", 0, why), ERR_OK);
	for (size_t i = 0; i < 32; i++) {
		bad = k;
		bad.cipher[i] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(keystore_open(&key, &bad, sig,
		    (const uint8_t *)"", 0, why), ERR_AUTH);
		bad = k;
		bad.mac[i] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(keystore_open(&key, &bad, sig,
		    (const uint8_t *)"", 0, why), ERR_AUTH);
	}
	/* The iv is not under the MAC; the address catches it. */
	bad = k;
	bad.iv[3] ^= 1;
	assert_int_equal(keystore_open(&key, &bad, sig, (const uint8_t *)
	    "", 0, why), ERR_AUTH);
	assert_non_null(strstr(why, "another address"));
	bad = k;
	bad.address.b[0] ^= 1;
	assert_int_equal(keystore_open(&key, &bad, sig, (const uint8_t *)
	    "", 0, why), ERR_AUTH);
}

static void
keystore_seal__round_trips(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct keystore_random chance;
		struct sig_key key, back;
		uint8_t secret[32], password[40];
		struct keystore k, again;
		char text[KEYSTORE_TEXT_MAX], why[KEYSTORE_WHY];
		size_t len;

		randombytes_buf(&chance, sizeof(chance));
		randombytes_buf(secret, sizeof(secret));
		randombytes_buf(password, sizeof(password));
		/* HMAC fills a short key with zeros, so to scrypt a password
		 * and the same with a NUL behind it are one: none here. */
		for (size_t k_at = 0; k_at < sizeof(password); k_at++)
			password[k_at] |= 1;
		if (i == 0)
			memset(secret, 0, 31);	/* leading zeros stay */
		assert_int_equal(sig_key_from_secret(&key, sig, secret),
		    ERR_OK);
		assert_int_equal(keystore_seal(&k, &key, password, 2 * i,
		    &chance, true, why), ERR_OK);
		assert_int_equal(keystore_print(text, &len, sizeof(text), &k),
		    ERR_OK);
		assert_int_equal(keystore_print(text, &len, len, &k),
		    ERR_LIMIT);
		assert_int_equal(keystore_print(text, &len, sizeof(text), &k),
		    ERR_OK);
		assert_int_equal(keystore_parse(&again, text, len, why),
		    ERR_OK);
		assert_int_equal(keystore_open(&back, &again, sig, password,
		    2 * i, why), ERR_OK);
		assert_memory_equal(&back, &key, sizeof(key));
		assert_int_equal(keystore_open(&back, &again, sig, password,
		    2 * i + 1, why), ERR_AUTH);
	}
}

/* Files. */

static const char *
path_of(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static const char *
put_file(const char *name, const char *text, mode_t mode)
{
	const char *path = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static void
private_file_read__refuses_what_others_can_see(void **state)
{
	static const mode_t bad[] = { 0640, 0620, 0610, 0604, 0602, 0601,
	    0644, 0666 };
	char text[64], why[PRIVATE_WHY];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		put_file("seen", "secret", bad[i]);
		assert_int_equal(private_file_read(text, &len, sizeof(text),
		    path_of("seen"), why), ERR_REFUSED);
		assert_non_null(strstr(why, "group or world"));
	}
	put_file("seen", "secret", 0400);
	assert_int_equal(private_file_read(text, &len, sizeof(text),
	    path_of("seen"), why), ERR_OK);
	assert_int_equal(len, 6);
	assert_int_equal(private_file_read(text, &len, 6, path_of("seen"),
	    why), ERR_OK);
	assert_int_equal(private_file_read(text, &len, 5, path_of("seen"),
	    why), ERR_LIMIT);
}

static void
private_file_read__refuses_links_and_other_kinds(void **state)
{
	char text[64], why[PRIVATE_WHY];
	const char *target = put_file("target", "secret", 0600);
	size_t len;

	(void)state;
	assert_int_equal(symlink(target, path_of("link")), 0);
	assert_int_equal(private_file_read(text, &len, sizeof(text),
	    path_of("link"), why), ERR_REFUSED);
	assert_string_equal(why, "is a symbolic link");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(private_file_read(text, &len, sizeof(text),
	    path_of("fifo"), why), ERR_REFUSED);
	assert_int_equal(private_file_read(text, &len, sizeof(text), folder,
	    why), ERR_REFUSED);
	assert_string_equal(why, "is not a regular file");
	assert_int_equal(private_file_read(text, &len, sizeof(text),
	    path_of("absent"), why), ERR_IO);
	assert_non_null(strstr(why, "No such file"));
}

static void
private_file_create__never_overwrites(void **state)
{
	char text[64], why[PRIVATE_WHY];
	struct stat s;
	size_t len;

	(void)state;
	assert_int_equal(private_file_create(path_of("new"), "one", 3, why),
	    ERR_OK);
	assert_int_equal(stat(path_of("new"), &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	assert_int_equal(private_file_create(path_of("new"), "two", 3, why),
	    ERR_DUPLICATE);
	assert_int_equal(private_file_read(text, &len, sizeof(text),
	    path_of("new"), why), ERR_OK);
	assert_memory_equal(text, "one", 3);
	assert_int_equal(private_file_create(path_of("no/new"), "x", 1, why),
	    ERR_IO);
}

static void
keystore_read_key__names_the_file_at_fault(void **state)
{
	const char *file = put_file("k.json", light, 0600);
	const char *password = put_file("k.pw", "\n", 0600);
	struct sig_key key;
	char why[512];

	(void)state;
	assert_int_equal(keystore_read_key(&key, sig, file, password, why,
	    sizeof(why)), ERR_OK);
	put_file("k.pw", "\r\n", 0600);
	assert_int_equal(keystore_read_key(&key, sig, file, password, why,
	    sizeof(why)), ERR_OK);
	put_file("k.pw", "foobaz", 0600);
	assert_int_equal(keystore_read_key(&key, sig, file, password, why,
	    sizeof(why)), ERR_AUTH);
	assert_non_null(strstr(why, "k.json does not open with this"));
	assert_int_equal(chmod(password, 0644), 0);
	assert_int_equal(keystore_read_key(&key, sig, file, password, why,
	    sizeof(why)), ERR_REFUSED);
	assert_non_null(strstr(why, "k.pw is open to group"));
}

/* `margind keys` in a child, since it forbids core files for good; returns
 * the exit code, and what it printed in out. */
static int
run_keys(char out[256], const char *const *words)
{
	char *argv[16];
	int pipe_fd[2], status, argc = 0;
	ssize_t n;
	pid_t pid;

	for (; words[argc]; argc++)
		argv[argc] = strdup(words[argc]);
	argv[argc] = NULL;
	assert_int_equal(pipe(pipe_fd), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(null, STDERR_FILENO);
		dup2(pipe_fd[1], STDOUT_FILENO);
		status = cmd_keys(argc, argv);
		fflush(stdout);
		_exit(status);
	}
	close(pipe_fd[1]);
	n = read(pipe_fd[0], out, 255);
	out[n > 0 ? n : 0] = '\0';
	close(pipe_fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return WEXITSTATUS(status);
}

#define KEYS(out, ...) \
	run_keys(out, (const char *const[]){ "keys", __VA_ARGS__, NULL })

static void
cmd_keys__makes_reads_imports_and_exports(void **state)
{
	char made[128], hex[128], again[128], one[256], two[256];
	const char *password = put_file("p", "correct horse", 0600);

	(void)state;
	snprintf(made, sizeof(made), "%s", path_of("made.json"));
	snprintf(hex, sizeof(hex), "%s", path_of("made.hex"));
	snprintf(again, sizeof(again), "%s", path_of("again.json"));
	assert_int_equal(KEYS(one, "new", "--out", made, "--password-file",
	    password, "--light"), EXIT_OK);
	assert_int_equal(strlen(one), 43);
	assert_int_equal(KEYS(two, "new", "--out", made, "--password-file",
	    password, "--light"), EXIT_FAILED);	/* is there already */
	assert_int_equal(KEYS(two, "address", made), EXIT_OK);
	assert_string_equal(one, two);
	assert_int_equal(KEYS(two, "address", made, "--password-file",
	    password), EXIT_OK);
	assert_string_equal(one, two);
	assert_int_equal(KEYS(two, "export", made, "--hex-file", hex,
	    "--password-file", password), EXIT_OK);
	assert_int_equal(KEYS(two, "import", "--hex-file", hex, "--out", again,
	    "--password-file", password, "--light"), EXIT_OK);
	assert_string_equal(one, two);
	put_file("wrong", "incorrect horse", 0600);
	assert_int_equal(KEYS(two, "address", again, "--password-file",
	    path_of("wrong")), EXIT_SIGNER);
	assert_string_equal(two, "");
}

static void
cmd_keys__refuses_what_does_not_fit(void **state)
{
	const char *password = put_file("p", "correct horse", 0600);
	const char *out_path = path_of("never.json");
	char out[256];

	(void)state;
	assert_int_equal(KEYS(out, "nothing"), EXIT_USAGE);
	assert_int_equal(run_keys(out, (const char *const[]){ "keys", NULL }),
	    EXIT_USAGE);
	assert_int_equal(KEYS(out, "new"), EXIT_USAGE);
	assert_int_equal(KEYS(out, "new", "--out", out_path), EXIT_USAGE);
	assert_int_equal(KEYS(out, "new", "--out", out_path,
	    "--password-file", password, "--password-fd", "0"), EXIT_USAGE);
	assert_int_equal(KEYS(out, "new", "--out", out_path,
	    "--password", "secret"), EXIT_USAGE);
	assert_int_equal(KEYS(out, "new", "--out", out_path, "--password-fd",
	    "0", "--light"), EXIT_FAILED);	/* an empty one */
	assert_int_equal(KEYS(out, "import", "--out", out_path, "--hex-file",
	    put_file("h", "0x12\n", 0600), "--password-file", password),
	    EXIT_FAILED);
	assert_int_equal(KEYS(out, "import", "--out", out_path, "--hex-file",
	    put_file("h", "0000000000000000000000000000000000000000000000000"
	    "000000000000000", 0600), "--password-file", password),
	    EXIT_FAILED);
	assert_int_equal(access(out_path, F_OK), -1);
	assert_int_equal(KEYS(out, "--help"), EXIT_OK);
}

static int
begin(void **state)
{
	uint8_t chance[32] = { 1 };

	(void)state;
	return sodium_init() < 0 || !mkdtemp(folder) ||
	    sig_context_create(&sig, chance) != ERR_OK;
}

static int
end(void **state)
{
	char command[160];

	(void)state;
	sig_context_destroy(sig);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keystore_open__agrees_with_ethereum_tests),
	    cmocka_unit_test(keystore_open__agrees_with_go_ethereum),
	    cmocka_unit_test(keystore_open__agrees_with_files_of_go_ethereum),
	    cmocka_unit_test(keystore_open__agrees_with_ethers),
	    cmocka_unit_test(keystore_parse__fails_on_version_one),
	    cmocka_unit_test(keystore_parse__names_what_is_wrong),
	    cmocka_unit_test(keystore_parse__limits_the_text),
	    cmocka_unit_test(keystore_open__fails_on_any_damaged_bit),
	    cmocka_unit_test(keystore_seal__round_trips),
	    cmocka_unit_test(private_file_read__refuses_what_others_can_see),
	    cmocka_unit_test(private_file_read__refuses_links_and_other_kinds),
	    cmocka_unit_test(private_file_create__never_overwrites),
	    cmocka_unit_test(keystore_read_key__names_the_file_at_fault),
	    cmocka_unit_test(cmd_keys__makes_reads_imports_and_exports),
	    cmocka_unit_test(cmd_keys__refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
