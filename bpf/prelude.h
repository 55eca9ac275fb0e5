/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What every stage needs: UAPI headers only (kernels without BTF can load this),
 * the ABI, and the few macros that the verifier and the JIT ask for. */
#ifndef FLOWMARK_BPF_PRELUDE_H
#define FLOWMARK_BPF_PRELUDE_H

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <flowmark/abi.h>

#define FM_INLINE static __attribute__((always_inline)) inline
/* Rare work: verified and compiled on its own, so that it takes no register of
 * the hot path. Static, because pointer arguments to global functions need 5.12. */
#define FM_RARE static __attribute__((noinline))
/* In line where the compiler leaves the callers enough of the 512 bytes of stack: clang 14 does, 19
 * does not. Calls on the way of a policy with `dscp` cost it 16 ns of 35 (an EPYC). */
#if defined(__clang__) && __clang_major__ > 14
#define FM_ROOMY FM_RARE
#else
#define FM_ROOMY FM_INLINE
#endif

/* Verified once, whatever the number of calls and of states they come from;
 * takes and returns scalars. */
#define FM_GLOBAL __attribute__((noinline))

#define fm_likely(x) __builtin_expect(!!(x), 1)
#define fm_unlikely(x) __builtin_expect(!!(x), 0)

/* Masks in assembly at the point of use: clang otherwise checks one copy of a
 * value and uses another, and the verifier sees no bound. */
#ifdef __bpf__
#define FM_MASK(x, mask) asm volatile("%0 &= %1" : "+r"(x) : "i"(mask))
#else /* the headers also build for the host: agent/lookup */
#define FM_MASK(x, mask) ((x) &= (mask))
#endif

/* Keeps clang from seeing through a value: it turns masks back into branches, and
 * works an address out again at every use rather than keep it in a register. */
#define FM_HIDE(x) asm volatile("" : "+r"(x))

#endif
