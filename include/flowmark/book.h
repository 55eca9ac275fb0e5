/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the agent alone must remember to go on where an earlier one ended: the
 * records of a pinned array. The packet path never reads it; the agent writes a
 * record in one system call, so a kill leaves the old or the new one. */
#ifndef FLOWMARK_BOOK_H
#define FLOWMARK_BOOK_H

#include <flowmark/abi.h>

#define FM_BOOK_HEAD 0u		      /* counter 0 belongs to nobody, so its place is free */
#define FM_BOOK_SLOTS FM_MAX_COUNTERS /* record of interface slot 0 */
#define FM_BOOK_ENTRIES (FM_MAX_COUNTERS + FM_MAX_INTERFACES)
#define FM_BOOK_INTERFACE_BYTES 16 /* IFNAMSIZ */
#define FM_BOOK_NAME_BYTES 40	   /* of a class or reason, with its NUL */

#define FM_BOOK_RAW_IP 1u /* its frames have no link header */

enum fm_book_kind { FM_BOOK_FREE, FM_BOOK_IS_HEAD, FM_BOOK_COUNTER, FM_BOOK_SLOT };

/* One shape for all kinds; what a kind does not use is 0. */
struct fm_book_record {
	__u32 checksum;	   /* FNV-1a of all that follows; 0 in a record never written */
	__u8 kind;	   /* enum fm_book_kind */
	__u8 direction;	   /* counter */
	__u8 is_reason;	   /* counter */
	__u8 flags;	   /* slot: FM_BOOK_RAW_IP */
	__u32 ifindex;	   /* slot */
	__u32 pid;	   /* head: of the agent that holds the folder, or held it last */
	__u64 netns;	   /* head: the network namespace of the interfaces */
	__u64 data_layout; /* head: where the maps and global data have what */
	char interface[FM_BOOK_INTERFACE_BYTES]; /* counter, slot */
	char name[FM_BOOK_NAME_BYTES];		 /* counter: class or reason */
};
FM_ASSERT(sizeof(struct fm_book_record) == 88);

#endif
