/* oracle/segment.h - the journal's files: every input and every attestation,
 * in order, in append-only segments.
 *
 *	DIR/journal-00000001.segment, journal-00000002.segment, ...
 *
 * A segment is a header of SEGMENT_HEADER_BYTES and whole records.  A record
 * is 16 bytes {u32 size, u32 type and flags, u32 low half of its number, u32
 * CRC-32} and a wire message.  The CRC starts from the header's own CRC and
 * covers everything else of the record, its number included, so that a flipped
 * bit, a missing, repeated or moved record and one of another journal are all
 * found.  Each header repeats what the segments before it add up to: how many
 * records, and the hash chains of inputs and of outputs (h' = keccak256(h ||
 * message), from zero).
 *
 * A batch is one write and one fdatasync; its first record says so.  What is
 * damaged at the end of the last segment, with no later batch behind it, was
 * being written when the power went: it was never acknowledged, and is cut.
 * Damage anywhere else is refused by file and offset.
 *
 * Units:  little-endian integers; offsets and sizes in bytes; times Unix ms.
 * Owns:   its descriptors and one buffer of SEGMENT_BATCH_MAX.
 * Limits: below.  Does not log.
 */
#ifndef ORACLE_SEGMENT_H
#define ORACLE_SEGMENT_H

#include "oracle/wire.h"

#define SEGMENT_FORMAT 1u
#define SEGMENT_HEADER_BYTES 128u
#define SEGMENT_RECORD_HEAD 16u
#define SEGMENT_BATCH_MAX (4u * 1024u * 1024u)
#define SEGMENT_BYTES_MIN 4096u		/* smallest size to rotate at */
#define SEGMENT_NUMBER_MAX 99999999u
#define SEGMENT_NAME_MAX 40u
#define SEGMENT_PATH_MAX 512u

/* What all records before some point add up to. */
struct segment_state {
	uint64_t records;		/* number of the next record */
	struct b32 inputs_hash, outputs_hash;
};

struct segment_header {
	uint64_t number;		/* from 1 */
	uint64_t created_ms;
	struct segment_state begin;
	uint32_t crc;			/* of the header: seeds the records' */
};

struct segment_record {
	uint32_t type;			/* enum wire_type */
	uint32_t size;			/* of the message */
	bool is_batch;			/* first of a batch */
	const void *message;		/* 16-byte aligned where a reader gave it */
};

/* Where something is wrong. */
struct segment_fault {
	char file[SEGMENT_NAME_MAX];	/* inside the folder; empty: the folder */
	uint64_t offset;
	const char *what;		/* static */
};

/* The pure part.  segment_header_parse: ERR_SYNTAX for another magic, size or
 * CRC, ERR_STATE for another format or wire version. */
void segment_header_write(uint8_t out[SEGMENT_HEADER_BYTES],
    struct segment_header *h);	/* sets h->crc */
MUST_CHECK enum err segment_header_parse(struct segment_header *out,
    const uint8_t in[SEGMENT_HEADER_BYTES]);
/* segment_record_write writes head and message; returns how many bytes. */
size_t segment_record_write(uint8_t *out, uint32_t seed, uint64_t number,
    bool is_batch, const void *message);
/* segment_record_parse reads the record with this number at `in`.
 * ERR_MISSING: the bytes end inside it; ERR_SYNTAX: it is none. */
MUST_CHECK enum err segment_record_parse(struct segment_record *out,
    const uint8_t *in, size_t len, uint32_t seed, uint64_t number);
/* segment_state_add counts a message in. */
void segment_state_add(struct segment_state *s, const void *message);

/* The reader: all records of a folder in order. */
struct segment_reader;
/* segment_reader_open: ERR_MISSING where the folder holds no segment, ERR_IO
 * (errno), ERR_SYNTAX and ERR_STATE with *fault. */
MUST_CHECK enum err segment_reader_open(struct segment_reader **out,
    struct segment_fault *fault, const char *dir);
/* segment_reader_next: ERR_MISSING at the end (also where a torn tail begins);
 * ERR_SYNTAX, ERR_STATE, ERR_IO with *fault.  record->message lives until the
 * next call. */
MUST_CHECK enum err segment_reader_next(struct segment_reader *r,
    struct segment_record *record, struct segment_fault *fault);
/* What was read so far, the chains included. */
const struct segment_state *segment_reader_state(
    const struct segment_reader *r);
/* Where the chains began: of the folder's first segment. */
const struct segment_state *segment_reader_begin(
    const struct segment_reader *r);
uint64_t segment_reader_torn(const struct segment_reader *r);	/* bytes cut */
uint32_t segment_reader_segments(const struct segment_reader *r);
/* Bytes read, and of all segments together: for a progress bar. */
void segment_reader_progress(const struct segment_reader *r, uint64_t *done,
    uint64_t *total);
void segment_reader_close(struct segment_reader *r);	/* accepts NULL */

/* The writer.  One at a time: it locks the folder. */
struct segment_writer;
struct segment_opening {
	/* Sees each record that is there already; may be NULL. */
	void (*record)(void *arg, const struct segment_record *record,
	    uint64_t bytes_done, uint64_t bytes_total);
	void *arg;
};
/* segment_writer_open reads and checks everything, cuts a torn tail (*torn
 * bytes, *fault says where) and stands at the end.  ERR_STATE where another
 * writer holds the folder (fault->file empty) or a segment has another
 * format; ERR_SYNTAX for damage; ERR_IO (errno). */
MUST_CHECK enum err segment_writer_open(struct segment_writer **out,
    struct segment_fault *fault, uint64_t *torn, const char *dir,
    uint64_t segment_bytes, const struct segment_opening *opening);
/* segment_writer_add puts one message into the batch.  ERR_LIMIT where it is
 * full: nothing was taken, commit first. */
MUST_CHECK enum err segment_writer_add(struct segment_writer *w,
    const void *message);
/* segment_writer_commit makes the batch durable.  ERR_IO (errno): nothing of
 * it is in the file, all of it is still in the batch; try again later. */
MUST_CHECK enum err segment_writer_commit(struct segment_writer *w,
    uint64_t now_ms);
size_t segment_writer_pending(const struct segment_writer *w);	/* records */
bool segment_writer_is_full(const struct segment_writer *w);
/* With the batch that is pending counted in. */
const struct segment_state *segment_writer_state(
    const struct segment_writer *w);
uint64_t segment_writer_number(const struct segment_writer *w);
/* segment_writer_close drops what is not committed; accepts NULL. */
void segment_writer_close(struct segment_writer *w);

/* The name of segment `number` inside its folder. */
void segment_name(char out[SEGMENT_NAME_MAX], uint64_t number);

#endif
