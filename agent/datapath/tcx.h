// SPDX-License-Identifier: Apache-2.0
// Of <linux/bpf.h> since 6.6; the headers of Debian 12 are older.
#pragma once

namespace flowmark {

constexpr int kTcxIngress = 46;
constexpr int kTcxEgress = 47;
constexpr unsigned kTcxLink = 11;	 // BPF_LINK_TYPE_TCX
constexpr unsigned kTcxBefore = 1U << 3; // BPF_F_BEFORE; without a relative: the head

} // namespace flowmark
