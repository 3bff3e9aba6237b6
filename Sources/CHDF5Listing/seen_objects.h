// The objects of a file that a walk has met, by their addresses: links may run in circles.
#pragma once
#include <stdint.h>
#include <stdlib.h>

// A table of a power of two with empty places; all zero at the beginning.
typedef struct {
  uint64_t *places;
  size_t count, room;
} seen_objects;

static inline uint64_t *seen_place(uint64_t *places, size_t room, uint64_t address) {
  size_t place = (size_t)(address * 0x9E3779B97F4A7C15u >> 20) & (room - 1);
  while (places[place] && places[place] != address) place = (place + 1) & (room - 1);
  return &places[place];
}

// Whether the object is new; negative without memory.
static inline int see_object(seen_objects *seen, uint64_t object) {
  uint64_t address = object + 1;  // Zero stands for an empty place.
  if (seen->room && *seen_place(seen->places, seen->room, address)) return 0;
  if (seen->count * 2 >= seen->room) {
    size_t room = seen->room ? seen->room * 2 : 1024;
    uint64_t *places = calloc(room, sizeof *places);
    if (!places) return -1;
    for (size_t i = 0; i < seen->room; i++) {
      if (seen->places[i]) *seen_place(places, room, seen->places[i]) = seen->places[i];
    }
    free(seen->places);
    seen->places = places;
    seen->room = room;
  }
  *seen_place(seen->places, seen->room, address) = address;
  seen->count++;
  return 1;
}
