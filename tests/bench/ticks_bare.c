#include "tests/bench/ticks.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"

/* Takes a message from one descriptor and gives one of its own to the next. */
struct hop {
	int from, to;
	bool is_stream;		/* from: takes `size` bytes of it */
	size_t size;
	bool signs;		/* a digest, before it gives */
};

static void
bare_sign(void)
{
	static secp256k1_context *library;
	static secp256k1_ecdsa_recoverable_signature signature;
	static uint8_t digest[32] = { 1 };
	static const uint8_t secret[32] = { 1 };

	if (!library)
		library = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	digest[0]++;
	MUST(secp256k1_ecdsa_sign_recoverable(library, &signature, digest,
	    secret, NULL, NULL) == 1);
	bench_keep(signature.data[0]);
}

__attribute__((noreturn)) static void
hops_serve(const struct hop *hop, size_t count, size_t frame_size)
{
	static uint8_t bytes[SERVICE_FRAME_MAX];

	for (size_t i = 0;; i = (i + 1) % count) {
		size_t want = hop[i].is_stream ? frame_size : 1, have = 0;

		while (have < want) {
			ssize_t n = recv(hop[i].from, bytes, sizeof(bytes), 0);

			if (n <= 0)
				_exit(0);
			have += (size_t)n;
		}
		if (hop[i].signs)
			bare_sign();
		if (send(hop[i].to, bytes, hop[i].size, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

static void
tcp_pair(int pair[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0 && pair[0] >= 0 &&
	    bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0 &&
	    connect(pair[0], (struct sockaddr *)&a, len) == 0);
	pair[1] = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	MUST(pair[1] >= 0 && setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY,
	    &on, sizeof(on)) == 0);
	close(fd);
}

void
ticks_bare_start(struct ticks_bare *b, size_t frame_size)
{
	enum { FEEDS_ENGINE, ENGINE_SIGNER, ENGINE_JOURNAL, PAIRS };
	int tcp[2], pair[PAIRS][2];

	tcp_pair(tcp);
	for (size_t i = 0; i < PAIRS; i++)
		MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		    pair[i]) == 0);
	for (size_t i = 0; i < 3; i++) {
		const struct hop feeds = { tcp[1], pair[FEEDS_ENGINE][0], true,
		    sizeof(struct wire_tick), false };
		const struct hop engine[] = {
			{ pair[FEEDS_ENGINE][1], pair[ENGINE_SIGNER][0], false,
			    sizeof(struct wire_head), false },
			{ pair[ENGINE_SIGNER][0], pair[ENGINE_JOURNAL][0], false,
			    sizeof(struct wire_attestation), false },
		};
		const struct hop signer = { pair[ENGINE_SIGNER][1],
		    pair[ENGINE_SIGNER][1], false, sizeof(struct wire_signed),
		    true };

		b->pid[i] = fork();
		MUST(b->pid[i] >= 0);
		if (b->pid[i] == 0) {
			/* Its end is the end of the bench's socket. */
			close(tcp[0]);
			close(pair[ENGINE_JOURNAL][1]);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			hops_serve(i == 0 ? &feeds : i == 1 ? engine : &signer,
			    i == 1 ? 2 : 1, frame_size);
		}
	}
	b->tcp = tcp[0];
	b->back = pair[ENGINE_JOURNAL][1];
	close(tcp[1]);
	for (size_t i = 0; i < PAIRS; i++) {
		close(pair[i][0]);
		if (i != ENGINE_JOURNAL)
			close(pair[i][1]);
	}
}

void
ticks_bare_stop(struct ticks_bare *b)
{
	close(b->tcp);
	close(b->back);
	for (size_t i = 0; i < 3; i++) {
		kill(b->pid[i], SIGKILL);
		waitpid(b->pid[i], NULL, 0);
	}
}

void
ticks_bare_trip(const struct ticks_bare *b, struct ticks_sample *s,
    const char *frame, size_t len)
{
	struct wire_attestation a;
	uint64_t began_ns = bench_now_ns();

	MUST(send(b->tcp, frame, len, MSG_NOSIGNAL) == (ssize_t)len);
	MUST(recv(b->back, &a, sizeof(a), 0) == sizeof(a));
	ticks_note(s, began_ns);
}
