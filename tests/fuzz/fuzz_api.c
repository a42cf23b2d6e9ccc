/* A path and a query, each of any bytes: every answer is a status with a
 * body, and JSON where it says so. */
#include "base/json.h"
#include "base/must.h"
#include "oracle/api.h"
#include "tests/api_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct api_world world;
static struct api api;
static struct api_answer answer;

static void
open_once(void)
{
	if (api.state)
		return;
	api_world_open(&world, 20, UINT64_C(1795182300) * 1024000);
	api_world_publish(&world, UINT64_C(1795182300000));
	api_world_attest(&world, UINT64_C(1795182300000));
	text_init(&answer.body, API_BODY_MAX);
	MUST(api_state_create(&api.state, world.reader, &world.config,
	    &world.book) == ERR_OK);
	api_state_refresh(api.state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char text[2048];
	char *query;
	struct api_request q = { .is_read = true, .path = text,
		.now_ms = UINT64_C(1795182300100) };

	if (size >= sizeof(text) - 1)
		return 0;
	open_once();
	memcpy(text, bytes, size);
	text[size] = text[size + 1] = '\0';
	query = text + strcspn(text, "?");
	q.query = query + 1;
	*query = '\0';
	api_answer(&api, &answer, &q);
	MUST(answer.status >= 200 && answer.status < 600);
	if (!answer.file && strcmp(answer.type, "application/json") == 0) {
		struct json j;

		json_open_max(&j, answer.body.at, answer.body.len,
		    API_BODY_MAX);
		json_skip(&j);
		MUST(json_close(&j) == ERR_OK);
	}
	return 0;
}
