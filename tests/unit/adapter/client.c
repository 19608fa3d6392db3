#include "tests/unit/adapter/client.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/adapter/fake_debugger.h"

struct client_end client;

int client_setup(void **state)
{
	int fds[2];
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	fake_reset();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return -1;
	client = (struct client_end){ .loop = loop_create(), .fd = fds[0] };
	client.session = session_create(client.loop, fds[1], fds[1]);
	return 0;
}

int client_teardown(void **state)
{
	(void)state;
	session_destroy(client.session);
	loop_destroy(client.loop);
	framing_deinit(&client.framing);
	str_deinit(&client.skipped);
	cJSON_Delete(client.message);
	if (client.fd >= 0)
		close(client.fd);
	fake_reset();
	return 0;
}

void client_send_bytes(const char *bytes)
{
	assert_int_equal(write(client.fd, bytes, strlen(bytes)), strlen(bytes));
}

int64_t client_send(const char *command, const char *arguments)
{
	_cleanup_free_ char *body = xasprintf("{\"seq\":%lld,\"type\":\"request\",\"command\":\"%s\"%s%s}", (long long)++client.seq, command,
					      arguments ? ",\"arguments\":" : "", arguments ? arguments : "");
	_cleanup_free_ char *message = xasprintf("Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	client_send_bytes(message);
	return client.seq;
}

static void nothing(void *data)
{
	(void)data;
}

static void turn(void)
{
	loop_add_timer(client.loop, 0, nothing, NULL);   // so that the turn does not wait
	loop_turn(client.loop);
}

// False: nothing there; *body_ret NULL and true: the end.
static bool try_receive(char **body_ret)
{
	char bytes[65536];
	size_t length;
	assert_null(framing_next(&client.framing, body_ret, &length));
	if (*body_ret)
		return true;
	ssize_t count = recv(client.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (count == 0)
		return true;
	if (count > 0)
		framing_feed(&client.framing, bytes, (size_t)count);
	assert_null(framing_next(&client.framing, body_ret, &length));
	return *body_ret != NULL;
}

cJSON *client_receive(void)
{
	char *body = NULL;
	for (int i = 0; i < 10000; i++) {
		if (try_receive(&body)) {
			cJSON_Delete(client.message);
			client.message = body ? cJSON_Parse(body) : NULL;
			if (body) {
				assert_non_null(client.message);
				assert_true(client_number(client.message, "seq") > (double)client.last_seq);
				client.last_seq = (int64_t)client_number(client.message, "seq");
			}
			return client.message;
		}
		turn();
	}
	fail_msg("no message came");
	return NULL;
}

const cJSON *client_receive_end(void)
{
	for (int i = 0; i < 100 && !session_is_over(client.session); i++)
		turn();
	assert_true(session_is_over(client.session));
	turn();
	client.exit_code = client.session->exit_code;
	session_destroy(client.session);   // closes the stream
	client.session = NULL;
	return client_receive();
}

void client_expect_silence(void)
{
	char *body = NULL;
	for (int i = 0; i < 5; i++) {
		turn();
		if (try_receive(&body))
			fail_msg("unexpected: %s", body ? body : "the end");
	}
}

const char *client_text(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
	return text ? text : "";
}

double client_number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static cJSON *response(int64_t seq)
{
	for (;;) {
		cJSON *message = client_receive();
		assert_non_null(message);
		if (str_equal(client_text(message, "type"), "response") && client_number(message, "request_seq") == (double)seq)
			return message;
		const char *what = client_text(message, "event");
		str_printf(&client.skipped, "%s; ", *what ? what : client_text(message, "command"));
	}
}

cJSON *client_ask(const char *command, const char *arguments)
{
	cJSON *message = response(client_send(command, arguments));
	if (!cJSON_IsTrue(cJSON_GetObjectItem(message, "success")))
		fail_msg("%s failed: %s", command, client_text(message, "message"));
	return cJSON_GetObjectItem(message, "body");
}

const char *client_refused(const char *command, const char *arguments)
{
	cJSON *message = response(client_send(command, arguments));
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(message, "success")));
	const cJSON *error = cJSON_GetObjectItem(cJSON_GetObjectItem(message, "body"), "error");
	assert_true(client_number(error, "id") > 0);
	return client_text(error, "format");
}

cJSON *client_event(const char *event)
{
	cJSON *message = client_receive();
	assert_non_null(message);
	assert_string_equal(client_text(message, "type"), "event");
	assert_string_equal(client_text(message, "event"), event);
	return cJSON_GetObjectItem(message, "body");
}

void client_launch(const char *arguments)
{
	client_ask("initialize", "{\"adapterID\":\"ptdap\",\"supportsInvalidatedEvent\":true,\"supportsMemoryEvent\":true}");
	client_ask("launch", arguments);
	client_event("process");
	client_event("initialized");
	client_ask("configurationDone", NULL);
}
