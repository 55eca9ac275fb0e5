// SPDX-License-Identifier: Apache-2.0
// Every program, for frames that may be anything: they pass, and nothing changes but six bits
// and the checksum that has to follow them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/packet.h"
#include "support/path.h"

namespace flowmark::test {

class AllPrograms {
      public:
	static constexpr std::size_t kLongest = 1514, kShortest = 14; // of a frame

	AllPrograms();

	// From now on XDP marks too: it leaves policies that look at marks to tc.
	void use_policy_for_xdp();
	// As if of a device without link header.
	void set_raw(bool raw) { path_.set_raw(raw); }
	// A fatal failure where a program does anything else.
	void take(const Bytes &frame);
	// Prints what was done with `frames` of `kind`. A failure where programs did not take
	// most of them, or marked less than `least_marked`.
	void report(const char *kind, std::size_t frames, std::size_t least_marked) const;

      private:
	struct Program {
		const char *name;
		int fd, pass;
		std::size_t taken = 0, marked = 0;
	};
	static void run(Program &program, const Bytes &frame);

	Path path_;
	std::vector<Program> programs_;
};

} // namespace flowmark::test
