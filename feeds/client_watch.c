#include "feeds/client_watch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* lws closes what it adopts, so it gets a copy. */
enum err
watch_start(struct watch *w, struct client *c, enum client_kind kind, int fd)
{
	lws_adopt_desc_t d;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return ERR_IO;
	w->kind = kind;
	w->client = c;
	w->fd = fd;
	memset(&d, 0, sizeof(d));
	d.vh = lws_get_vhost_by_name(c->context, "client");
	d.type = LWS_ADOPT_RAW_FILE_DESC;
	d.fd.filefd = copy;
	d.vh_prot_name = "venue";
	d.opaque = w;
	w->wsi = lws_adopt_descriptor_vhost_via_info(&d);
	if (w->wsi == NULL) {
		close(copy);
		w->fd = -1;
		return ERR_IO;
	}
	return ERR_OK;
}

void
watch_stop(struct watch *w)
{
	if (w->wsi == NULL)
		return;
	lws_set_opaque_user_data(w->wsi, NULL);
	lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	w->wsi = NULL;
}
