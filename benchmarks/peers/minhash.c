/* The limit: MinHash of five-word shingles in plain C, banded, joined without looking at a pair again.
 *
 * cc -O3 -march=native -shared -fPIC minhash.c -o minhash.so
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 5, BANDS = 13, HASHES = 3, ALL = BANDS * HASHES, LANES = 48, MOST = 1 << 20 };

static int is_letter(uint8_t c) {
    return (uint8_t)((c | 32) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' || c > 127;
}

/* Hashes of the shingles of one text; a text of fewer words is one shingle. Returns how many there are. */
static int64_t shingles(const uint8_t *text, int64_t size, uint32_t *out) {
    uint32_t window[WORDS] = {0};
    int64_t words = 0, made = 0;
    for (int64_t at = 0; at < size;) {
        if (!is_letter(text[at])) {
            at++;
            continue;
        }
        uint32_t hash = 2166136261u;
        for (; at < size && is_letter(text[at]); at++)
            hash = (hash ^ (text[at] | 32)) * 16777619u;
        window[words++ % WORDS] = hash;
        if (words < WORDS || made == MOST)
            continue;
        uint32_t rolled = 0;
        for (int i = 0; i < WORDS; i++)
            rolled = rolled * 0x9E3779B1u + window[(words + i) % WORDS];
        rolled = (rolled ^ rolled >> 16) * 0x85EBCA6Bu;
        out[made++] = rolled ^ rolled >> 15;
    }
    if (words && !made)
        out[made++] = window[0] ^ window[1] * 3 ^ window[2] * 5 ^ window[3] * 7;
    return made;
}

static int64_t root(int64_t *parent, int64_t row) {
    while (parent[row] != row)
        row = parent[row] = parent[parent[row]];
    return row;
}

/* keep[row] = 0 for a row that shares a band with an earlier one. edges: where each text begins, and the last ends. */
int minhash_keep(const uint8_t *data, const int64_t *edges, int64_t rows, uint8_t *keep) {
    uint32_t factors[LANES];
    for (int i = 0; i < LANES; i++)
        factors[i] = (uint32_t)((i + 1) * 0x9E3779B97F4A7C15ull >> 29) | 1;
    uint32_t *made = malloc(MOST * sizeof *made);
    uint64_t *keys = malloc(rows * BANDS * sizeof *keys);
    int64_t *parent = malloc(rows * sizeof *parent), slots = 4;
    while (slots < 2 * rows)
        slots *= 2;
    int64_t *table = malloc(slots * sizeof *table);
    if (!made || !keys || !parent || !table)
        return 1;
    for (int64_t row = 0; row < rows; row++) {
        int64_t count = shingles(data + edges[row], edges[row + 1] - edges[row], made);
        uint32_t least[LANES];
        memset(least, 255, sizeof least);
        for (int64_t i = 0; i < count; i++)
            for (int lane = 0; lane < LANES; lane++) {
                uint32_t hash = made[i] * factors[lane];
                least[lane] = hash < least[lane] ? hash : least[lane];
            }
        for (int band = 0; band < BANDS; band++) {
            uint64_t key = count ? 0 : row;
            for (int i = 0; i < HASHES; i++)
                key = key * 0xD6E8FEB86659FD93ull + least[band * HASHES + i];
            keys[band * rows + row] = key;
        }
        parent[row] = row;
    }
    for (int band = 0; band < BANDS; band++) {
        memset(table, 255, slots * sizeof *table);
        const uint64_t *key = keys + band * rows;
        for (int64_t row = 0; row < rows; row++) {
            int64_t slot = (int64_t)((key[row] ^ key[row] >> 29) * 0x9E3779B97F4A7C15ull >> 20) & (slots - 1);
            while (table[slot] >= 0 && key[table[slot]] != key[row])
                slot = (slot + 1) & (slots - 1);
            if (table[slot] < 0)
                table[slot] = row;
            else {
                int64_t a = root(parent, table[slot]), b = root(parent, row);
                parent[a < b ? b : a] = a < b ? a : b;
            }
        }
    }
    for (int64_t row = 0; row < rows; row++)
        keep[row] = parent[row] == row;
    free(made), free(keys), free(parent), free(table);
    return 0;
}
