// SPDX-License-Identifier: Apache-2.0
// Our XDP program on an interface: a link, which the kernel grants to one program
// per interface. It stays when its owner ends, if it is pinned; detach() takes it
// away.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"

namespace flowmark {

// One program per kind of frame; `frags` is -1 where the kernel knows only one buffer.
struct XdpPrograms {
	int plain = -1;
	int frags = -1;
};

class XdpHook {
      public:
	// `wanted` automatic attaches in native mode or not at all: generic XDP comes
	// after the kernel has made the packet, and saves nothing over tc. `pins`: the
	// folder of our version, or empty. Errors are for people.
	static Result<std::unique_ptr<XdpHook>> attach(const XdpPrograms &programs, int ifindex,
						       XdpMode wanted, const std::string &pins);
	// What an earlier agent pinned there; null if there is nothing. The pin of a
	// link whose interface has gone is removed. An error if it cannot be told.
	static Result<std::unique_ptr<XdpHook>> find(int ifindex, const std::string &pins);
	// The same of what another version pinned in the folder `theirs`, whose pin
	// becomes one of `pins`. Two XDP programs cannot be on an interface at a time, and
	// taking one away loses packets: so their link is taken over, and update() it. Null if
	// that cannot be done.
	static std::unique_ptr<XdpHook> adopt(int ifindex, const std::string &theirs,
					      const std::string &pins);

	// native or generic.
	[[nodiscard]] XdpMode mode() const { return mode_; }
	// Puts our programs into the place of an earlier agent's, in one step.
	Result<void> update(const XdpPrograms &programs);
	void detach();

      private:
	XdpHook(UniqueFd link, std::string pin, XdpMode mode)
		: link_(std::move(link)), pin_(std::move(pin)), mode_(mode)
	{}
	Result<void> pin();

	UniqueFd link_; // without a pin, the kernel detaches when this goes
	std::string pin_;
	XdpMode mode_;
};

} // namespace flowmark
