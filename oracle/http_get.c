#include "oracle/http_get.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http_get {
	CURL *curl;
	struct text *body;
};

static size_t
on_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct http_get *g = arg;

	(void)one;
	text_append(g->body, bytes, len);
	return g->body->failed ? 0 : len;
}

enum err
http_get_open(struct http_get **out)
{
	struct http_get *g = calloc(1, sizeof(*g));

	if (!g)
		return ERR_LIMIT;
	g->curl = curl_easy_init();
	if (!g->curl) {
		free(g);
		return ERR_LIMIT;
	}
	*out = g;
	return ERR_OK;
}

static bool
options_set(struct http_get *g, const char *url)
{
	CURL *c = g->curl;

	return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)HTTP_GET_MS) ==
	    CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, g) == CURLE_OK;
}

enum err
http_get(struct text *body, char why[HTTP_GET_WHY], struct http_get *g,
    const char *url)
{
	long status = 0;
	CURLcode e = CURLE_FAILED_INIT;

	g->body = body;
	if (options_set(g, url))
		e = curl_easy_perform(g->curl);
	g->body = NULL;
	if (e != CURLE_OK) {
		snprintf(why, HTTP_GET_WHY, "%s: %s", url, body->failed ?
		    "the answer is too long" : curl_easy_strerror(e));
		return body->failed ? ERR_LIMIT : ERR_IO;
	}
	curl_easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return ERR_OK;
	snprintf(why, HTTP_GET_WHY, "%s: HTTP %ld", url, status);
	return status == 503 ? ERR_STALE : ERR_REFUSED;
}

void
http_get_close(struct http_get *g)
{
	if (!g)
		return;
	curl_easy_cleanup(g->curl);
	free(g);
}

enum err
http_get_address(char out[HTTP_ADDRESS_MAX], const struct config *c)
{
	bool is_v6 = strchr(c->api_host, ':') != NULL;

	if (c->api_host[0] == '\0')
		return ERR_MISSING;
	snprintf(out, HTTP_ADDRESS_MAX, "http://%s%s%s:%u", is_v6 ? "[" : "",
	    c->api_host, is_v6 ? "]" : "", c->api_port);
	return ERR_OK;
}
