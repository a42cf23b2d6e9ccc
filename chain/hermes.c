#include "chain/hermes.h"

#include "base/hex.h"
#include "base/must.h"
#include "chain/sse.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 512u
#define FEED_TEXT 72u		/* "&ids%5B%5D=" and 64 digits, nearly */
#define TOKEN_MAX 1024u

static const char PATH[] = "/v2/updates/price/stream?parsed=true"
    "&encoding=hex&allow_unordered=false";

struct hermes {
	struct hermes_callbacks call;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	bool is_running, is_open, is_broken;
	const char *broken_by;
	uint64_t dial_ms, backoff_ms;
	struct sse sse;
	struct hermes_event event;
	char error[CURL_ERROR_SIZE];
	char url[URL_MAX + sizeof(PATH) + HERMES_FEEDS_MAX *
	    (FEED_TEXT + 8u)];
};

static void
event_take(struct hermes *h)
{
	enum err e = hermes_event_read(&h->event, h->sse.data, h->sse.len);

	if (e != ERR_OK) {
		h->call.news(h->call.arg, HERMES_REFUSED, err_name(e));
		return;
	}
	if (!h->is_open)
		h->call.news(h->call.arg, HERMES_OPEN, "");
	h->is_open = true;
	h->backoff_ms = HERMES_BACKOFF_MS_MIN;
	for (size_t i = 0; i < h->event.count; i++)
		h->call.price(h->call.arg, &h->event.prices[i]);
}

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct hermes *h = arg;
	size_t len = size * count, at = 0, taken;
	bool whole;

	while (at < len) {
		if (sse_take(&whole, &taken, &h->sse, bytes + at, len - at) !=
		    ERR_OK) {
			h->is_broken = true;
			h->broken_by = "an event is too long";
			return 0;	/* ends the transfer */
		}
		at += taken;
		if (whole)
			event_take(h);
	}
	return len;
}

static bool
easy_prepare(struct hermes *h, const struct hermes_config *k)
{
	struct curl_blob ca = { .len = k->ca_len, .flags = CURL_BLOB_COPY };
	CURL *c = h->easy;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)HERMES_DIAL_MS);
	/* Less than a byte a second for so long is silence. */
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)HERMES_MUTE_S);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_URL, h->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	if (!k->ca)
		return true;
	/* Ours instead of the system's, not beside them. */
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	memcpy(&ca.data, &k->ca, sizeof(ca.data));	/* copied by curl */
	return curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca) == CURLE_OK;
}

static bool
headers_make(struct hermes *h, const char *token)
{
	char line[TOKEN_MAX + 32];

	h->headers = curl_slist_append(NULL, "Accept: text/event-stream");
	if (!h->headers || !token)
		return h->headers != NULL;
	snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	return curl_slist_append(h->headers, line) != NULL;
}

static enum err
url_make(struct hermes *h, const struct hermes_config *k)
{
	size_t len = strlen(k->url), at;

	if ((strncmp(k->url, "http://", 7) != 0 &&
	    strncmp(k->url, "https://", 8) != 0) || len >= URL_MAX ||
	    strpbrk(k->url, "?#"))
		return ERR_SYNTAX;
	if (k->url[len - 1] == '/')
		len--;
	at = (size_t)snprintf(h->url, sizeof(h->url), "%.*s%s", (int)len,
	    k->url, PATH);
	for (size_t i = 0; i < k->feed_count; i++) {
		char id[HEX_B32_BUF];

		hex_from_bytes(id, k->feeds[i].b, sizeof(k->feeds[i].b));
		at += (size_t)snprintf(h->url + at, sizeof(h->url) - at,
		    "&ids%%5B%%5D=%s", id + 2);
		MUST(at < sizeof(h->url));
	}
	return ERR_OK;
}

enum err
hermes_create(struct hermes **out, const struct hermes_config *config,
    const struct hermes_callbacks *call)
{
	struct hermes *h;
	enum err e;

	if (config->feed_count == 0 ||
	    config->feed_count > HERMES_FEEDS_MAX ||
	    (config->token && strlen(config->token) > TOKEN_MAX))
		return ERR_LIMIT;
	h = calloc(1, sizeof(*h));
	if (!h)
		return ERR_LIMIT;
	h->call = *call;
	h->backoff_ms = HERMES_BACKOFF_MS_MIN;
	e = url_make(h, config);
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (e == ERR_OK && (!h->multi || !h->easy ||
	    !headers_make(h, config->token) || !easy_prepare(h, config)))
		e = ERR_LIMIT;
	if (e != ERR_OK) {
		hermes_destroy(h);
		return e;
	}
	*out = h;
	return ERR_OK;
}

void
hermes_destroy(struct hermes *h)
{
	if (!h)
		return;
	if (h->is_running)
		curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	free(h);
}

static void
dial(struct hermes *h)
{
	sse_begin(&h->sse);
	h->is_open = h->is_broken = false;
	h->error[0] = '\0';
	h->is_running = curl_multi_add_handle(h->multi, h->easy) == CURLM_OK;
}

static void
transfer_ended(struct hermes *h, CURLcode code, uint64_t now_ms)
{
	const char *why = h->is_broken ? h->broken_by :
	    h->error[0] != '\0' ? h->error :
	    code == CURLE_OK ? "the stream ended" : curl_easy_strerror(code);

	curl_multi_remove_handle(h->multi, h->easy);
	h->is_running = false;
	h->dial_ms = now_ms + h->backoff_ms;
	h->backoff_ms *= 2;
	if (h->backoff_ms > HERMES_BACKOFF_MS_MAX)
		h->backoff_ms = HERMES_BACKOFF_MS_MAX;
	h->call.news(h->call.arg, HERMES_LOST, why);
}

void
hermes_run(struct hermes *h, uint64_t now_ms)
{
	CURLMsg *m;
	int left;

	if (!h->is_running && now_ms >= h->dial_ms)
		dial(h);
	(void)curl_multi_perform(h->multi, &left);
	while ((m = curl_multi_info_read(h->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE) {
			transfer_ended(h, m->data.result, now_ms);
			break;	/* m is gone with its handle */
		}
}

enum err
hermes_wait(struct hermes *h, struct pollfd *others, size_t count,
    int timeout_ms)
{
	struct curl_waitfd wait[HERMES_WAIT_MAX];
	unsigned used = 0;

	MUST(count <= HERMES_WAIT_MAX);
	for (size_t i = 0; i < count; i++) {
		others[i].revents = 0;
		if (others[i].fd >= 0)
			wait[used++] = (struct curl_waitfd){
				.fd = others[i].fd,
				.events = CURL_WAIT_POLLIN };
	}
	if (curl_multi_poll(h->multi, wait, used, timeout_ms, NULL) !=
	    CURLM_OK)
		return ERR_IO;
	for (size_t i = count; i-- > 0;)
		if (others[i].fd >= 0)
			others[i].revents = wait[--used].revents;
	return ERR_OK;
}
