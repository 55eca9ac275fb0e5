// SPDX-License-Identifier: Apache-2.0
#include "datapath/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "datapath/tc_filters.h"

namespace flowmark {

namespace {

// Of <linux/bpf.h> since 6.6; the headers of Debian 12 are older.
constexpr int kTcxIngress = 46;
constexpr int kTcxEgress = 47;
constexpr unsigned kBefore = 1U << 3; // BPF_F_BEFORE; without a relative: the head

// A filter of ours is found again by these, whoever put it there.
constexpr unsigned kPriority = 3;
constexpr unsigned kHandle = 0xf1;

class TcxHook : public Hook {
      public:
	explicit TcxHook(UniqueFd link) : link_(std::move(link)) {}
	[[nodiscard]] const char *kind() const override { return "tcx"; }

      private:
	UniqueFd link_; // the kernel detaches when the last descriptor goes
};

class ClsactHook : public Hook {
      public:
	ClsactHook(int ifindex, fm_direction direction) : ifindex_(ifindex), direction_(direction)
	{}
	ClsactHook(const ClsactHook &) = delete;
	ClsactHook &operator=(const ClsactHook &) = delete;
	~ClsactHook() override
	{
		if (attached_)
			detach();
		if (created_qdisc_ && !has_tc_filters(ifindex_))
			destroy_qdisc();
	}
	[[nodiscard]] const char *kind() const override { return "clsact"; }

	Result<void> attach(int program_fd)
	{
		bpf_tc_hook hook = describe();
		const int created = bpf_tc_hook_create(&hook);
		if (created != 0 && created != -EEXIST)
			return errno_error("cannot add the clsact qdisc", created);
		created_qdisc_ = created == 0;
		DECLARE_LIBBPF_OPTS(bpf_tc_opts, options);
		options.handle = kHandle;
		options.priority = kPriority;
		options.prog_fd = program_fd;
		options.flags = BPF_TC_F_REPLACE; // a dead agent's filter is ours
		if (const int status = bpf_tc_attach(&hook, &options); status != 0)
			return errno_error("cannot add the clsact filter", status);
		attached_ = true;
		return {};
	}

      private:
	[[nodiscard]] bpf_tc_hook describe() const
	{
		bpf_tc_hook hook{};
		hook.sz = sizeof(hook);
		hook.ifindex = ifindex_;
		hook.attach_point = direction_ == FM_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
		return hook;
	}

	void detach()
	{
		bpf_tc_hook hook = describe();
		DECLARE_LIBBPF_OPTS(bpf_tc_opts, options);
		options.handle = kHandle;
		options.priority = kPriority;
		bpf_tc_detach(&hook, &options); // fails only if the interface has gone
	}

	void destroy_qdisc()
	{
		bpf_tc_hook hook = describe();
		hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS |
								     BPF_TC_EGRESS);
		bpf_tc_hook_destroy(&hook);
	}

	int ifindex_;
	fm_direction direction_;
	bool attached_ = false;
	bool created_qdisc_ = false;
};

Result<std::unique_ptr<Hook>> attach_tcx(int program_fd, int ifindex, fm_direction direction)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, options);
	options.flags = kBefore;
	const int type = direction == FM_INGRESS ? kTcxIngress : kTcxEgress;
	const int fd = bpf_link_create(program_fd, ifindex, static_cast<bpf_attach_type>(type),
				       &options);
	if (fd < 0)
		return errno_error("cannot attach by tcx", fd);
	return std::unique_ptr<Hook>(std::make_unique<TcxHook>(UniqueFd(fd)));
}

Result<std::unique_ptr<Hook>> attach_clsact(int program_fd, int ifindex, fm_direction direction)
{
	auto hook = std::make_unique<ClsactHook>(ifindex, direction);
	if (auto attached = hook->attach(program_fd); !attached)
		return attached.error();
	return std::unique_ptr<Hook>(std::move(hook));
}

} // namespace

Result<std::unique_ptr<Hook>> Hook::attach(int program_fd, int ifindex, fm_direction direction,
					   HookKind wanted)
{
	if (wanted != HookKind::clsact) {
		auto hook = attach_tcx(program_fd, ifindex, direction);
		// EINVAL is how a kernel without tcx refuses its attach types.
		if (hook || wanted == HookKind::tcx || errno != EINVAL)
			return hook;
	}
	return attach_clsact(program_fd, ifindex, direction);
}

} // namespace flowmark
