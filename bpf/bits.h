/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The lowest set bit. BPF has no instruction for it; a de Bruijn product is one
 * multiplication and one load (Leiserson, Prokop, Randall 1998). */
#ifndef FLOWMARK_BPF_BITS_H
#define FLOWMARK_BPF_BITS_H

#include "prelude.h"

#define FM_DE_BRUIJN 0x03f79d71b4cb0a89ull

/* clang-format off */
const volatile __u8 fm_bit_of[64] = {
	0,  1,	48, 2,	57, 49, 28, 3,	61, 58, 50, 42, 38, 29, 17, 4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,	13, 8,	7,  6,
};
/* clang-format on */

/* REQUIRES: bits != 0 */
FM_INLINE __u32 fm_lowest_bit(__u64 bits)
{
	return fm_bit_of[((bits & -bits) * FM_DE_BRUIJN) >> 58];
}

#endif
