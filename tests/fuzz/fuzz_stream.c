/* A request of the stream: any bytes; what is taken has an id that is one
 * JSON value, and known channels only. */
#include "base/json.h"
#include "base/must.h"
#include "oracle/api_stream.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct stream_request r;
	struct json_text id;
	struct json j;
	enum err e = stream_request_parse(&r, (const char *)bytes, size);

	MUST(e != ERR_OK || size <= STREAM_REQUEST_MAX);
	MUST(r.channels >> CHANNEL_COUNT == 0);
	MUST(e != ERR_OK || r.method == METHOD_PING || r.channels != 0);
	if (r.id[0] != '\0') {
		json_open(&j, r.id, strlen(r.id));
		json_raw(&j, &id);
		MUST(json_close(&j) == ERR_OK);
	}
	return 0;
}
