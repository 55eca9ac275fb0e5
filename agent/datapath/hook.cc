// SPDX-License-Identifier: Apache-2.0
#include "datapath/hook.h"

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "base/unique_fd.h"
#include "datapath/clsact.h"
#include "datapath/pin_folder.h"
#include "datapath/tcx.h"

namespace flowmark {

namespace {

int attach_type(fm_direction direction)
{
	return direction == FM_INGRESS ? kTcxIngress : kTcxEgress;
}

class TcxHook : public Hook {
      public:
	TcxHook(UniqueFd link, std::string pin) : link_(std::move(link)), pin_(std::move(pin)) {}
	[[nodiscard]] const char *kind() const override { return "tcx"; }

	Result<void> update(int program_fd) override
	{
		// Once more, for want of memory may be over: the way out is to attach anew,
		// and packets pass in between.
		if (bpf_link_update(link_.fd(), program_fd, nullptr) == 0 ||
		    bpf_link_update(link_.fd(), program_fd, nullptr) == 0)
			return {};
		return errno_error("cannot switch the program of a tcx link");
	}

	void detach() override
	{
		bpf_link_detach(link_.fd()); // fails where the interface has gone
		if (!pin_.empty())
			::unlink(pin_.c_str());
	}

	Result<void> pin()
	{
		::unlink(pin_.c_str()); // of an interface that had the same index
		if (bpf_obj_pin(link_.fd(), pin_.c_str()) != 0)
			return errno_error("cannot pin " + pin_);
		return {};
	}

      private:
	UniqueFd link_; // without a pin, the kernel detaches when this goes
	std::string pin_;
};

class ClsactHook : public Hook {
      public:
	explicit ClsactHook(HookPlace place) : place_(std::move(place)) {}
	[[nodiscard]] const char *kind() const override { return "clsact"; }

	Result<void> update(int program_fd) override
	{
		return put_filter(place_.ifindex, place_.direction, program_fd);
	}

	void detach() override
	{
		remove_filter(place_.ifindex, place_.direction);
		if (!place_.pins.empty())
			::rmdir(sign().c_str());
	}

	// The sign goes up first: a kill in between must not leave a filter that
	// nobody knows of.
	Result<void> put_sign()
	{
		if (!place_.pins.empty() && ::mkdir(sign().c_str(), kPinMode) != 0 &&
		    errno != EEXIST)
			return errno_error("cannot make " + sign());
		return {};
	}

      private:
	[[nodiscard]] std::string sign() const
	{
		return filter_sign(place_.pins, place_.ifindex, place_.direction);
	}

	HookPlace place_;
};

// Interfaces whose qdisc this process made without pins to note it in.
std::set<int> &unpinned_qdiscs()
{
	static std::set<int> qdiscs;
	return qdiscs;
}

// The sign first here too. Of a qdisc that was there it is taken down again.
Result<void> ensure_qdisc(const HookPlace &place)
{
	const std::string sign = qdisc_sign(place.pins, place.ifindex);
	const bool noted = !place.pins.empty() && ::mkdir(sign.c_str(), kPinMode) == 0;
	const auto made = make_clsact(place.ifindex);
	if (noted && (!made || !*made))
		::rmdir(sign.c_str());
	if (!made)
		return made.error();
	if (*made && place.pins.empty())
		unpinned_qdiscs().insert(place.ifindex);
	return {};
}

Result<std::unique_ptr<Hook>> attach_tcx(int program_fd, const HookPlace &place)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, options);
	options.flags = kTcxBefore;
	const int fd = bpf_link_create(program_fd, place.ifindex,
				       static_cast<bpf_attach_type>(attach_type(place.direction)),
				       &options);
	if (fd < 0)
		return errno_error("cannot attach by tcx", fd);
	const bool pinned = !place.pins.empty();
	auto hook = std::make_unique<TcxHook>(
		UniqueFd(fd), pinned ? link_pin(place.pins, place.ifindex, place.direction) : "");
	if (pinned)
		if (auto done = hook->pin(); !done)
			return done.error();
	return std::unique_ptr<Hook>(std::move(hook));
}

Result<std::unique_ptr<Hook>> attach_clsact(int program_fd, const HookPlace &place)
{
	auto hook = std::make_unique<ClsactHook>(place);
	if (auto qdisc = ensure_qdisc(place); !qdisc)
		return qdisc.error();
	if (auto signed_up = hook->put_sign(); !signed_up)
		return signed_up.error();
	if (auto attached = hook->update(program_fd); !attached) {
		hook->detach();
		return attached.error();
	}
	return std::unique_ptr<Hook>(std::move(hook));
}

// A link whose interface has gone has index 0.
Result<bool> is_link_of(int fd, const HookPlace &place)
{
	bpf_link_info info{};
	std::uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		return errno_error("cannot look at a tcx link");
	if (info.type != kTcxLink)
		return false;
	struct {
		std::uint32_t ifindex, attach_type;
	} tcx{};
	std::memcpy(&tcx, &info.raw_tracepoint, sizeof(tcx)); // the union's begin
	return tcx.ifindex == static_cast<std::uint32_t>(place.ifindex) &&
	       tcx.attach_type == static_cast<std::uint32_t>(attach_type(place.direction));
}

// What cannot be looked at is not unlinked: without its pin it would detach, and packets pass
// until another is attached.
Result<std::unique_ptr<Hook>> find_tcx(const HookPlace &place)
{
	std::string pin = link_pin(place.pins, place.ifindex, place.direction);
	UniqueFd link(bpf_obj_get(pin.c_str()));
	if (!link.valid() && errno != ENOENT)
		return errno_error("cannot open " + pin);
	if (!link.valid())
		return std::unique_ptr<Hook>();
	const auto ours = is_link_of(link.fd(), place);
	if (!ours)
		return ours.error();
	if (*ours)
		return std::unique_ptr<Hook>(
			std::make_unique<TcxHook>(std::move(link), std::move(pin)));
	::unlink(pin.c_str());
	return std::unique_ptr<Hook>();
}

std::unique_ptr<Hook> find_clsact(const HookPlace &place)
{
	const std::string sign = filter_sign(place.pins, place.ifindex, place.direction);
	if (::access(sign.c_str(), F_OK) != 0)
		return nullptr;
	if (has_filter(place.ifindex, place.direction))
		return std::make_unique<ClsactHook>(place);
	::rmdir(sign.c_str());
	return nullptr;
}

} // namespace

Result<std::unique_ptr<Hook>> Hook::attach(int program_fd, const HookPlace &place, HookKind wanted)
{
	if (wanted != HookKind::clsact) {
		auto hook = attach_tcx(program_fd, place);
		const int why = errno;
		if (hook)
			remove_filter(place.ifindex, place.direction); // a dead agent's
		// EINVAL is how a kernel without tcx refuses its attach types.
		if (hook || wanted == HookKind::tcx || why != EINVAL)
			return hook;
	}
	return attach_clsact(program_fd, place);
}

Result<std::unique_ptr<Hook>> Hook::find(const HookPlace &place)
{
	auto hook = find_tcx(place);
	return !hook || *hook ? std::move(hook) : find_clsact(place);
}

void release_qdisc(int ifindex, const std::string &pins)
{
	const bool ours = pins.empty() ? unpinned_qdiscs().erase(ifindex) > 0
				       : ::rmdir(qdisc_sign(pins, ifindex).c_str()) == 0;
	if (ours)
		remove_clsact_if_empty(ifindex);
}

} // namespace flowmark
