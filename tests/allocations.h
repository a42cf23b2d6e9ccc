/* tests/allocations.h - how often a test has asked for memory: it replaces the
 * C library's allocation, so one file of a program includes it. */
#ifndef TESTS_ALLOCATIONS_H
#define TESTS_ALLOCATIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>	/* what it replaces */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CANNOT_COUNT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define CANNOT_COUNT 1
#endif
#endif

__attribute__((unused)) static uint64_t allocations;

#ifndef CANNOT_COUNT

/* The C library's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

void *
malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *
realloc(void *at, size_t size)
{
	allocations++;
	return __libc_realloc(at, size);
}

#endif

#endif
