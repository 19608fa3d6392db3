// A threaded server and its client (a child) over loopback: each connection gets a thread, which echoes until the client hangs up.
// Connections follow one another, so that the calls of each thread are the same in every run.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 8, MESSAGES = 10 };

static void need(int is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	exit(1);
}

static void *serve_one(void *data)
{
	int connection = (int)(long)data;
	char bytes[64];
	ssize_t length;
	while ((length = recv(connection, bytes, sizeof(bytes), 0)) > 0)
		need(send(connection, bytes, (size_t)length, MSG_NOSIGNAL) == length, "send");
	close(connection);
	return NULL;
}

static void serve(int listening)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int connection = accept4(listening, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);
		pthread_t thread;
		need(connection >= 0, "accept4");
		need(pthread_create(&thread, NULL, serve_one, (void *)(long)connection) == 0, "pthread_create");
		pthread_join(thread, NULL);
	}
}

static void talk(const struct sockaddr_in *address, int number)
{
	int on = 1, connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	char text[32], answer[64];
	need(connection >= 0, "socket");
	setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	need(connect(connection, (const struct sockaddr *)address, sizeof(*address)) == 0, "connect");
	for (int i = 0; i < MESSAGES; i++) {
		int length = snprintf(text, sizeof(text), "message %d of %d\n", i, number);
		struct iovec parts[] = { { text, 8 }, { text + 8, (size_t)length - 8 } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
		need(sendmsg(connection, &message, MSG_NOSIGNAL) == length, "sendmsg");
		need(recv(connection, answer, (size_t)length, MSG_WAITALL) == length && memcmp(answer, text, (size_t)length) == 0, "recv");
	}
	shutdown(connection, SHUT_WR);
	need(recv(connection, answer, sizeof(answer), 0) == 0, "recv of the end");
	close(connection);
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	need(listening >= 0, "socket");
	need(bind(listening, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listening, 8) == 0, "bind");
	getsockname(listening, (struct sockaddr *)&address, &length);
	pid_t client = fork();
	if (client == 0) {
		close(listening);
		for (int i = 0; i < CONNECTIONS; i++)
			talk(&address, i);
		_exit(0);
	}
	serve(listening);
	close(listening);
	need(waitpid(client, NULL, 0) == client, "waitpid");
	return 0;
}
