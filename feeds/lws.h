/* feeds/lws.h - libwebsockets and OpenSSL beside base/types.h.
 *
 * OpenSSL has a type ERR_STATE, we have an answer of that name: theirs is
 * renamed while its headers are read.  Include this, never <libwebsockets.h>
 * or <openssl/...> directly.
 */
#ifndef FEEDS_LWS_H
#define FEEDS_LWS_H

#define ERR_STATE openssl_ERR_STATE
#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#undef ERR_STATE

#endif
