/* oracle/segment_internal.h - where a reader stands, for the writer that goes
 * on from there. */
#ifndef ORACLE_SEGMENT_INTERNAL_H
#define ORACLE_SEGMENT_INTERNAL_H

#include "oracle/segment.h"

uint64_t segment_reader_number(const struct segment_reader *r);
uint64_t segment_reader_offset(const struct segment_reader *r);
const struct segment_header *segment_reader_header(
    const struct segment_reader *r);

#endif
