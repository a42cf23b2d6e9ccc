/* Whom the client believes. */
#include "tests/client_world.h"

#include <netdb.h>

static char cert_dir[] = "/tmp/margind-test-client-XXXXXX";

/* A CA; leaves of it with the right name, another name, and a past end; one
 * that signed itself. */
static const char certs_script[] =
    "cd \"$CERTS\" && exec 2>/dev/null && set -e\n"
    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "openssl req -x509 $new -keyout ca.key -out ca.pem -subj /CN=ca\n"
    "openssl req -x509 $new -keyout self.key -out self.pem"
    " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1\n"
    "leaf() {\n"
    "  openssl req $new -keyout $1.key -out $1.csr -subj /CN=127.0.0.1\n"
    "  echo subjectAltName=$2 >$1.ext\n"
    "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key"
    " -CAcreateserial -days $3 -out $1.pem -extfile $1.ext\n"
    "}\n"
    "leaf good IP:127.0.0.1,DNS:localhost 2\n"
    "leaf other DNS:other.example 2\n"
    "leaf old IP:127.0.0.1 -1\n"
    "cp good.key future.key\n";

/* The good leaf again, from tomorrow on: lws itself would accept it. */
static void
cert_make_future(void)
{
	char path[128];
	EVP_PKEY *key;
	X509 *x;
	FILE *f;

	snprintf(path, sizeof(path), "%s/good.pem", cert_dir);
	f = fopen(path, "r");
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	snprintf(path, sizeof(path), "%s/ca.key", cert_dir);
	f = fopen(path, "r");
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	X509_gmtime_adj(X509_getm_notBefore(x), 86400);
	X509_sign(x, key, EVP_sha256());
	snprintf(path, sizeof(path), "%s/future.pem", cert_dir);
	f = fopen(path, "w");
	PEM_write_X509(f, x);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int
certs_make(void **state)
{
	(void)state;
	if (mkdtemp(cert_dir) == NULL || setenv("CERTS", cert_dir, 1) != 0)
		return -1;
	if (system(certs_script) != 0)
		return -1;
	cert_make_future();
	return 0;
}

static int
certs_remove(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf %s", cert_dir);
	return system(line);
}

#define PATH_ROOM 128

/* The server shows this certificate; ca becomes the file to verify it by. */
static void
tls_serve(struct ws_server *s, char ca[PATH_ROOM], const char *cert)
{
	char pem[PATH_ROOM], key[PATH_ROOM];

	snprintf(pem, sizeof(pem), "%s/%s.pem", cert_dir, cert);
	snprintf(key, sizeof(key), "%s/%s.key", cert_dir, cert);
	snprintf(ca, PATH_ROOM, "%s/ca.pem", cert_dir);
	s->tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate_file(s->tls, pem,
	    SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(s->tls, key,
	    SSL_FILETYPE_PEM), 1);
}

/* Connects to a TLS server with this certificate; the log tells. */
static void
tls_try(struct log *l, const char *cert, const char *host, int version_max)
{
	struct ws_server s = { 0 };
	char ca[PATH_ROOM], url[64];

	tls_serve(&s, ca, cert);
	SSL_CTX_set_cipher_list(s.tls, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(s.tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(s.tls, version_max);
	ws_server_start(&s, play_subscribe);
	snprintf(url, sizeof(url), "wss://%s:%u/v", host, s.port);
	memset(l, 0, sizeof(*l));
	l->stop_frames = 1;
	l->stop_of[CLIENT_LOST] = 1;
	connect_to(l, &test_venue, url, ca);
	run(l);
	client_destroy(l->client);
	ws_server_stop(&s);
}

static void
client_service__accepts_a_good_certificate(void **state)
{
	struct log l;

	(void)state;
	tls_try(&l, "good", "127.0.0.1", 0);
	assert_string_equal(l.text, "hello");
	tls_try(&l, "good", "localhost", TLS1_2_VERSION);
	assert_string_equal(l.text, "hello");
}

static void
client_service__refuses_bad_certificates(void **state)
{
	static const struct { const char *cert, *host, *why; } bad[] = {
		{ "self", "127.0.0.1",
		  "certificate refused: self-signed certificate" },
		{ "other", "127.0.0.1",
		  "certificate refused: IP address mismatch" },
		{ "other", "localhost",
		  "certificate refused: hostname mismatch" },
		{ "old", "127.0.0.1",
		  "certificate refused: certificate has expired" },
		{ "future", "127.0.0.1",
		  "certificate refused: certificate is not yet valid" },
	};
	struct log l;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		tls_try(&l, bad[i].cert, bad[i].host, 0);
		assert_int_equal(l.frames, 0);
		assert_int_equal(l.of[CLIENT_CONNECTED], 0);
		assert_string_equal(first_why(&l, CLIENT_LOST), bad[i].why);
	}
}

/* This machine's own name, where it has an address: the look-up's answer
 * leads to a connection (and to a certificate that names another host). */
static void
client_service__connects_to_a_looked_up_name(void **state)
{
	struct log l;
	struct addrinfo *list = NULL;
	struct sockaddr_in a;
	char name[100] = "";

	(void)state;
	if (gethostname(name, sizeof(name) - 1) != 0 ||
	    getaddrinfo(name, NULL, NULL, &list) != 0)
		skip();
	memcpy(&a, list->ai_addr, sizeof(a));
	freeaddrinfo(list);
	if (a.sin_family != AF_INET ||
	    a.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		skip();
	tls_try(&l, "other", name, 0);
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "certificate refused: hostname mismatch");
}

/* The token's server has a certificate too; and what came over TLS must not
 * lead to where nothing is verified. */
static void
token_tls_try(struct log *l, const char *cert)
{
	struct ws_server s = { 0 };
	struct venue v;
	char ca[PATH_ROOM], url[64];

	tls_serve(&s, ca, cert);
	ws_server_start(&s, play_token);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/token", s.port);
	v = token_venue(url);
	memset(l, 0, sizeof(*l));
	l->stop_of[CLIENT_LOST] = 1;
	connect_to(l, &v, NULL, ca);
	run(l);
	client_destroy(l->client);
	ws_server_stop(&s);
}

static void
client_service__verifies_who_hands_out_tokens(void **state)
{
	struct log l;

	(void)state;
	token_tls_try(&l, "self");
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "certificate refused: self-signed certificate");
	token_tls_try(&l, "good");	/* and then "ws://127.0.0.1" */
	assert_string_equal(first_why(&l, CLIENT_LOST),
	    "the token's answer is refused (refused)");
}

static void
client_service__refuses_old_tls(void **state)
{
	struct log l;

	(void)state;
	tls_try(&l, "good", "127.0.0.1", TLS1_1_VERSION);
	assert_int_equal(l.frames, 0);
	assert_int_equal(l.of[CLIENT_CONNECTED], 0);
	assert_int_equal(strncmp(first_why(&l, CLIENT_LOST), "TLS: ", 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_service__connects_to_a_looked_up_name),
		cmocka_unit_test(client_service__accepts_a_good_certificate),
		cmocka_unit_test(client_service__refuses_bad_certificates),
		cmocka_unit_test(client_service__verifies_who_hands_out_tokens),
		cmocka_unit_test(client_service__refuses_old_tls),
	};

	return cmocka_run_group_tests(tests, certs_make, certs_remove);
}
