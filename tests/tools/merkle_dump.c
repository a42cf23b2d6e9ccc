/* merkle_dump - the Merkle tree for a checker in another language.
 *
 * Standard input, a command a line; standard output, an answer a line:
 *	SLOT LEAF	puts a leaf into the batch (no answer)
 *	set		stores the batch: "root capacity"
 *	prove SLOT	the siblings, separated by blanks, after their count,
 *			or "none"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/merkle.h"
#include "base/must.h"

#define CAPACITY_MAX 4096u
#define BATCH_MAX 8192u

static struct b32 nodes[MERKLE_NODES(CAPACITY_MAX)];
static struct b32 leaves[BATCH_MAX];
static uint32_t slots[BATCH_MAX];
static size_t batch_count;

static void
batch_store(struct merkle *t)
{
	char text[HEX_B32_BUF];
	struct b32 root;

	MUST(merkle_set(t, slots, leaves, batch_count) == ERR_OK);
	batch_count = 0;
	merkle_root(&root, t);
	hex_from_bytes(text, root.b, sizeof(root.b));
	printf("%s %u\n", text, t->capacity);
}

static void
proof_print(const struct merkle *t, uint32_t slot)
{
	struct b32 proof[MERKLE_DEPTH_MAX];
	char text[HEX_B32_BUF];
	size_t len;

	if (merkle_prove(proof, &len, t, slot) != ERR_OK) {
		printf("none\n");
		return;
	}
	printf("%zu", len);
	for (size_t i = 0; i < len; i++) {
		hex_from_bytes(text, proof[i].b, sizeof(proof[i].b));
		printf(" %s", text);
	}
	printf("\n");
}

static void
batch_add(const char *line)
{
	char *rest;

	MUST(batch_count < BATCH_MAX);
	slots[batch_count] = (uint32_t)strtoul(line, &rest, 10);
	MUST(rest > line && *rest == ' ');
	rest++;
	MUST(hex_to_bytes(leaves[batch_count].b, 32, rest,
	    strcspn(rest, "\n")) == ERR_OK);
	batch_count++;
}

int
main(void)
{
	struct merkle t;
	char line[256];

	merkle_init(&t, nodes, CAPACITY_MAX);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, "set\n") == 0)
			batch_store(&t);
		else if (strncmp(line, "prove ", 6) == 0)
			proof_print(&t, (uint32_t)strtoul(line + 6, NULL, 10));
		else
			batch_add(line);
	}
	return 0;
}
