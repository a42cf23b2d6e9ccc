/* feeds/venue_array.h - a venue's messages that are arrays, as tables.  Pure.
 *
 *	[number, payload, "channel", "symbol"]
 *	[number, payload, sequence, time]
 *	[number, "word", payload, sequence, time]
 *
 * Where names stand behind the payload, the number says nothing, and a second
 * payload is not read.  Elsewhere the number stands for a channel that was
 * named before (venue_channel.h), and a word says what of it comes; of the
 * numbers behind the payload either may be absent, and they are told apart by
 * size: a time is in ms and no sequence reaches 10^12.  Later items are passed
 * over.
 *
 * A message is read once, the names behind a payload looked at first; it is
 * read again where they are not what they seemed, or where it is bad.
 *
 * Errors: as venue_field.h has them; ERR_MISSING for a message without its
 *         payload or its names.
 */
#ifndef FEEDS_VENUE_ARRAY_H
#define FEEDS_VENUE_ARRAY_H

#include "feeds/venue_message.h"

struct arrays {
	/* By name; or a venue_channel's kind is the place of its row, which
	 * has one name. */
	const struct words *channels;
	/* What may stand before the payload; NULL: names stand behind it.
	 * FRAME_HEARTBEAT comes without payload, on any number; a word with an
	 * entry is known where the channel's entry has the same rows, another
	 * in each channel. */
	const struct words *words;
	const struct protocol *objects;	/* of messages that are no array */
};

/* array_read reads a message into m, which is all zero.  An array has m's
 * channel, and is read whole: its ticks are the frame's, which is what the
 * channel or the word before the payload says; `code` is the sequence.  That of
 * an array that cannot be read counts (frame_counts), any other is the caller's
 * to follow.  A message that is no array is read by message_read. */
MUST_CHECK enum err array_read(struct frame *f, struct message *m,
    const struct arrays *a, const char *text, size_t len);

#endif
