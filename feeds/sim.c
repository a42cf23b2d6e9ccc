/* The simulator's set-up: one listener a venue, and what its owner calls. */
#include "feeds/sim.h"

#include "base/must.h"
#include "feeds/sim_clock.h"
#include "feeds/sim_peer.h"
#include "feeds/sim_script.h"
#include "feeds/sim_serve.h"
#include "feeds/sim_tick.h"
#include "feeds/sim_venues.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The server pings what is silent, as Binance does each 20 s. */
static const lws_retry_bo_t keepalive = {
	.secs_since_valid_ping = 20,
	.secs_since_valid_hangup = 80,
};

static const struct lws_protocols protocols[] = {
	{ .name = "sim", .callback = sim_callback,
	  .per_session_data_size = sizeof(struct sim_peer),
	  .rx_buffer_size = 4096 },
	{ .name = NULL },
};

static enum err
listen_on(struct sim *s, size_t venue, const struct sim_options *o,
    char error[SIM_ERROR_MAX])
{
	struct lws_context_creation_info info;
	struct sim_venue *v = &s->script.venue[venue];
	struct sim_listener *l = &s->listener[venue];

	l->sim = s;
	l->venue = venue;
	l->protocol = sim_protocol_find(v->name);
	MUST(l->protocol != NULL);
	memset(&info, 0, sizeof(info));
	info.port = v->port;
	info.iface = "127.0.0.1";
	info.vhost_name = v->name;
	info.protocols = protocols;
	info.user = l;
	info.retry_and_idle_policy = &keepalive;
	info.options = LWS_SERVER_OPTION_DISABLE_IPV6 |
	    LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (o->cert_file != NULL) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.provided_client_ssl_ctx = s->unused;
		info.ssl_cert_filepath = o->cert_file;
		info.ssl_private_key_filepath = o->key_file;
		info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
	}
	errno = 0;
	l->vhost = lws_create_vhost(s->context, &info);
	if (l->vhost == NULL) {
		if (errno == EADDRINUSE)
			snprintf(error, SIM_ERROR_MAX,
			    "venues[%zu].port: %u is in use", venue, v->port);
		else
			snprintf(error, SIM_ERROR_MAX, "venues[%zu]: cannot "
			    "listen on 127.0.0.1:%u%s", venue, v->port,
			    o->cert_file != NULL ?
			    " (or bad certificate or key)" : "");
		return ERR_IO;
	}
	v->port = (uint16_t)lws_get_vhost_listen_port(l->vhost);
	return ERR_OK;
}

static enum err
sim_open(struct sim *s, const struct sim_options *o, char error[SIM_ERROR_MAX])
{
	const char *const files[] = { o->cert_file, o->key_file };
	struct lws_context_creation_info info;

	for (size_t i = 0; i < ARRAY_COUNT(files); i++)
		if (files[i] != NULL && access(files[i], R_OK) != 0) {
			snprintf(error, SIM_ERROR_MAX, "%.100s: %s", files[i],
			    strerrordesc_np(errno));
			return ERR_IO;
		}
	lws_set_log_level(0, NULL);
	memset(&info, 0, sizeof(info));
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	if (o->cert_file != NULL) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		/* Else lws makes one for clients too, reads every certificate
		 * of the system for it, and forgets it if it cannot listen. */
		s->unused = SSL_CTX_new(TLS_client_method());
		if (s->unused == NULL) {
			snprintf(error, SIM_ERROR_MAX, "no memory for TLS");
			return ERR_IO;
		}
	}
	info.fd_limit_per_thread = SIM_PEERS_MAX + 64;
	info.gid = -1;
	info.uid = -1;
	s->context = lws_create_context(&info);
	if (s->context == NULL) {
		snprintf(error, SIM_ERROR_MAX, "cannot start the loop");
		return ERR_IO;
	}
	for (size_t i = 0; i < s->script.venue_count; i++) {
		enum err e = listen_on(s, i, o, error);

		if (e != ERR_OK)
			return e;
	}
	lws_sul_schedule(s->context, 0, &s->timer, sim_tick, 1);
	return ERR_OK;
}

enum err
sim_create(struct sim **out, const char *script, size_t script_len,
    const struct sim_options *options, char error[SIM_ERROR_MAX])
{
	struct sim *s = calloc(1, sizeof(*s));
	enum err e;

	MUST((options->cert_file == NULL) == (options->key_file == NULL));
	if (s == NULL) {
		snprintf(error, SIM_ERROR_MAX, "no memory");
		return ERR_IO;
	}
	s->start_ms = options->start_ms;
	s->is_tls = options->cert_file != NULL;
	e = sim_script_parse(&s->script, script, script_len, error);
	if (e == ERR_OK)
		e = sim_open(s, options, error);
	if (e != ERR_OK) {
		sim_destroy(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

unsigned
sim_port(const struct sim *s, size_t i)
{
	MUST(i < s->script.venue_count);
	return s->script.venue[i].port;
}

const char *
sim_venue_name(const struct sim *s, size_t i)
{
	MUST(i < s->script.venue_count);
	return s->script.venue[i].name;
}

size_t
sim_venue_count(const struct sim *s)
{
	return s->script.venue_count;
}

bool
sim_service(struct sim *s)
{
	if (s->is_stopped != 0 || lws_service(s->context, 0) < 0)
		return false;
	return s->is_stopped == 0;
}

void
sim_stop(struct sim *s)
{
	s->is_stopped = 1;
	lws_cancel_service(s->context);
}

void
sim_destroy(struct sim *s)
{
	if (s == NULL)
		return;
	if (s->context != NULL)
		lws_context_destroy(s->context);
	SSL_CTX_free(s->unused);
	free(s);
}

enum err
sim_price(u128 *out, const struct sim *s, const char *base, uint64_t ms)
{
	size_t i = 0;

	if (strcmp(base, "USD") == 0)
		return sim_path_price(out, &s->script, SIM_USD, 0);
	while (i < s->script.base_count &&
	    strcmp(s->script.base[i].name, base) != 0)
		i++;
	if (i == s->script.base_count)
		return ERR_UNKNOWN;
	return sim_path_price(out, &s->script, i, sim_script_ms(s, ms));
}
