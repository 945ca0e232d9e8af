/* A Modbus server on libmodbus, a stack that shares no line with ours: the driver's counterpart over TCP and RTU.
 *
 *   libmodbus_server tcp           prints its port, serves one client after the other
 *   libmodbus_server rtu TTY BAUD  prints "ready"
 *
 * Unit 1 (RTU). 100 of each: coil n and input n are on where n % 3 == 0, holding register n is n, input register n is
 * 1000 + n; holding registers 90..91 are the float 36.6254 with its low word first, 92..93 with its high word first.
 */
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT 100

static modbus_mapping_t *filled(void) {
  modbus_mapping_t *map = modbus_mapping_new(COUNT, COUNT, COUNT, COUNT);
  if (map == NULL) exit(3);
  for (int n = 0; n < COUNT; n++) {
    map->tab_bits[n] = map->tab_input_bits[n] = n % 3 == 0;
    map->tab_registers[n] = n;
    map->tab_input_registers[n] = 1000 + n;
  }
  float flow = 36.6254f;
  uint32_t bits;
  memcpy(&bits, &flow, sizeof bits);
  map->tab_registers[90] = map->tab_registers[93] = bits & 0xFFFF;
  map->tab_registers[91] = map->tab_registers[92] = bits >> 16;
  return map;
}

static void serve(modbus_t *bus, modbus_mapping_t *map) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  for (;;) {
    int length = modbus_receive(bus, query);
    if (length > 0)
      modbus_reply(bus, query, length, map);
    else if (length < 0 && errno != EMBBADCRC)
      return;
  }
}

static int over_tcp(void) {
  modbus_t *bus = modbus_new_tcp("127.0.0.1", 0);
  int listener = bus == NULL ? -1 : modbus_tcp_listen(bus, 1);
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  if (listener < 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) return 2;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  modbus_mapping_t *map = filled();
  while (modbus_tcp_accept(bus, &listener) >= 0) {
    serve(bus, map);
    modbus_close(bus);
  }
  return 0;
}

static int over_rtu(const char *tty, int baud) {
  modbus_t *bus = modbus_new_rtu(tty, baud, 'N', 8, 1);
  if (bus == NULL || modbus_set_slave(bus, 1) != 0 || modbus_connect(bus) != 0) return 2;
  printf("ready\n");
  fflush(stdout);
  modbus_mapping_t *map = filled();
  for (;;) serve(bus, map);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "tcp") == 0) return over_tcp();
  if (argc == 4 && strcmp(argv[1], "rtu") == 0) return over_rtu(argv[2], atoi(argv[3]));
  fprintf(stderr, "usage: %s tcp | rtu TTY BAUD\n", argv[0]);
  return 1;
}
