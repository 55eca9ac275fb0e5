// SPDX-License-Identifier: Apache-2.0
// The way of a packet whose flow is known calls no helper. Array lookups are inlined
// by every kernel, those of per-CPU arrays since 6.10, before which one call remains.
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdio>

#include "support/path.h"
#include "support/translated.h"

namespace flowmark::test {

namespace {

bool has_inlined_per_cpu_arrays()
{
	utsname name{};
	int major = 0, minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 10);
}

TEST(HotPath, calls_no_helper)
{
	Path path("classes: [{ name: all, dscp: 46 }]\ndefault: all\n");
	// Without inlining: the counter of a class, and that of a lost interface.
	const std::size_t counters = has_inlined_per_cpu_arrays() ? 0 : 2;
	for (const fm_direction direction : {FM_INGRESS, FM_EGRESS}) {
		const auto instructions = entry_function(path.object().program_fd(direction));
		ASSERT_GT(instructions.size(), 200U) << "the program could not be read";
		// bpf_csum_update: only an IPv6 mark that changes at ingress comes by it.
		const std::size_t allowed = counters + (direction == FM_INGRESS ? 1 : 0);
		EXPECT_LE(helper_calls(instructions), allowed);
	}
}

} // namespace

} // namespace flowmark::test
