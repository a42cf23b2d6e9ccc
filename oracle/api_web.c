/* oracle/api_web.c - the dashboard's files, put into the binary at build time
 * (.incbin; paths from the root of the tree). */
#include "oracle/api.h"

#include "base/hex.h"
#include "base/keccak.h"

#include <string.h>

#define EMBED(name, file) \
	__asm__(".pushsection .rodata\n" \
	    ".balign 16\n" \
	    ".global web_" #name "_begin\n" \
	    ".hidden web_" #name "_begin\n" \
	    "web_" #name "_begin:\n" \
	    ".incbin \"" file "\"\n" \
	    ".global web_" #name "_end\n" \
	    ".hidden web_" #name "_end\n" \
	    "web_" #name "_end:\n" \
	    ".byte 0\n" \
	    ".popsection\n"); \
	__attribute__((visibility("hidden"))) extern const uint8_t \
	    web_##name##_begin[], web_##name##_end[]

EMBED(index, "oracle/web/index.html");
EMBED(app, "oracle/web/app.js");
EMBED(style, "oracle/web/app.css");
EMBED(icon, "oracle/web/icon.svg");
EMBED(uplot, "node_modules/uplot/dist/uPlot.iife.min.js");
EMBED(uplot_style, "node_modules/uplot/dist/uPlot.min.css");
EMBED(uplot_licence, "node_modules/uplot/LICENSE");

static struct api_file files[] = {
	{ "/", "text/html; charset=utf-8", web_index_begin, web_index_end,
	    "" },
	{ "/app.js", "text/javascript; charset=utf-8", web_app_begin,
	    web_app_end, "" },
	{ "/app.css", "text/css; charset=utf-8", web_style_begin,
	    web_style_end, "" },
	{ "/icon.svg", "image/svg+xml", web_icon_begin, web_icon_end, "" },
	{ "/uplot.js", "text/javascript; charset=utf-8", web_uplot_begin,
	    web_uplot_end, "" },
	{ "/uplot.css", "text/css; charset=utf-8", web_uplot_style_begin,
	    web_uplot_style_end, "" },
	{ "/licences.txt", "text/plain; charset=utf-8",
	    web_uplot_licence_begin, web_uplot_licence_end, "" },
};

/* The first bytes of the content's hash, quoted as HTTP wants it. */
static void
etag_make(struct api_file *f)
{
	char hex[HEX_B32_BUF];
	struct b32 hash;

	keccak256(&hash, f->begin, (size_t)(f->end - f->begin));
	hex_from_bytes(hex, hash.b, 8);
	f->etag[0] = '"';
	memcpy(f->etag + 1, hex + 2, 16);
	f->etag[17] = '"';
	f->etag[18] = '\0';
}

const struct api_file *
api_file_find(const char *path)
{
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		if (files[i].etag[0] == '\0')
			etag_make(&files[i]);
		return &files[i];
	}
	return NULL;
}
