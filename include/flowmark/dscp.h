/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The one place where a DSCP is read from or written into a header (RFC 2474).
 *
 * Both families, C and C++, kernel and agent use these functions: every sibling
 * project that wrote v4 and v6 apart got one of them wrong. All take a pointer
 * to the first byte of the IP header, at an even address, and work on bytes, so no
 * byte order is involved. The two ECN bits (RFC 3168) and everything else stay as they are.
 *
 *   IPv4  byte 1   DDDDDDEE
 *   IPv6  byte 0   VVVVDDDD    byte 1   DDEELLLL
 */
#ifndef FLOWMARK_DSCP_H
#define FLOWMARK_DSCP_H

#include <linux/types.h>

#define FM_DSCP_MASK 0x3f
#define FM_DSCP_KEEP 0xff /* as a class's DSCP: leave the mark alone */
#define FM_DSCP_NONE 64	  /* as an arriving mark: not to be trusted, matches no condition */

static inline __attribute__((always_inline)) __u8 fm_dscp_get4(const __u8 *ip)
{
	return ip[1] >> 2;
}

static inline __attribute__((always_inline)) __u8 fm_dscp_get6(const __u8 *ip)
{
	return (__u8)((ip[0] & 0x0f) << 2 | ip[1] >> 6);
}

/* The header's first 16-bit word with only its second byte set, as it lies in memory. */
static inline __attribute__((always_inline)) __u16 fm_second_byte(__u8 byte)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u16)(byte << 8);
#else
	return byte;
#endif
}

/* Also updates the header checksum (RFC 1624, equation 3), as a word in memory: a
 * ones' complement sum does not care for the order of bytes. Its two differences are
 * one here, which may be negative: 0xffff, a zero of that sum, is added to keep it above.
 * The TOS is read and written as the byte it is, for a wider load of a byte just
 * written stalls. */
static inline __attribute__((always_inline)) void fm_dscp_set4(__u8 *ip, __u8 dscp)
{
	__u8 before = ip[1], after = (__u8)((before & 3) | dscp << 2);
	__u16 check;
	__u32 sum;

	ip = (__u8 *)__builtin_assume_aligned(ip, 2); /* else BPF loads single bytes */
	__builtin_memcpy(&check, ip + 10, sizeof(check));
	sum = 2 * 0xffff - check + (__u32)(fm_second_byte(after) - fm_second_byte(before));
	sum = (sum & 0xffff) + (sum >> 16);
	check = (__u16) ~(sum + (sum >> 16));
	__builtin_memcpy(ip + 10, &check, sizeof(check));
	ip[1] = after;
}

static inline __attribute__((always_inline)) void fm_dscp_set6(__u8 *ip, __u8 dscp)
{
	ip[0] = (__u8)((ip[0] & 0xf0) | (dscp >> 2 & 0x0f));
	ip[1] = (__u8)((ip[1] & 0x3f) | (dscp & 3) << 6);
}

#endif
