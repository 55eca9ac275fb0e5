// SPDX-License-Identifier: Apache-2.0
#include "support/path.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/pkt_cls.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "config/loader.h"
#include "datapath/test_run.h"
#include "support/loaded_programs.h"

namespace flowmark::test {

namespace {

constexpr std::uint32_t kLoopback = kTestRunIfindex;

std::string temporary_file(const std::string &text)
{
	std::string path = fmt::format("/tmp/flowmark-path-{}-XXXXXX.yaml", getpid());
	const int fd = mkstemps(path.data(), 5);
	if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
		throw std::runtime_error("cannot write " + path);
	close(fd);
	return path;
}

} // namespace

std::unique_ptr<Config> parse_policy(const std::string &yaml)
{
	const std::string path = temporary_file(yaml);
	LoadResult result = load_config(path);
	unlink(path.c_str());
	if (!result.config) {
		for (const Diagnostic &diagnostic : result.diagnostics)
			fmt::print(stderr, "{}\n", diagnostic.format());
		throw std::runtime_error("the policy of a test has errors:\n" + yaml);
	}
	return std::make_unique<Config>(std::move(*result.config));
}

Path::Path(const std::string &policy, const std::string &interface, const std::string &spec)
	: interface_(interface), spec_(spec), object_(borrow_programs()),
	  writer_(std::make_unique<PolicyWriter>(*object_))
{
	fm_iface_cell &cell = object_->iface_cells()[fm_iface_home(kLoopback)];
	cell.slot = kSlot;
	cell.ifindex = kLoopback;
	reload(policy);
}

Path::~Path() = default;

void Path::set_raw(bool raw)
{
	raw_ = raw;
	if (config_)
		bind(writer_->live());
}

void Path::set_mtu(std::uint32_t mtu)
{
	mtu_ = mtu;
	bind(writer_->live());
}

void Path::reload(const std::string &policy)
{
	reload(parse_policy(fmt::format("interfaces: [{{ name: {}{}{} }}]\n{}", interface_,
					spec_.empty() ? "" : ", ", spec_, policy)));
}

void Path::reload(std::unique_ptr<Config> config)
{
	config_ = std::move(config);
	auto tables = compile(*config_, writer_->shared());
	if (!tables)
		throw std::runtime_error(tables.error().message);
	tables_ = std::move(*tables);
	if (auto staged = writer_->stage(tables_); !staged)
		throw std::runtime_error(staged.error().message);
	bind(writer_->staged());
	writer_->flip();
}

void Path::bind(PolicySlot to)
{
	Binding binding;
	binding.slot = kSlot;
	binding.interface = interface_;
	binding.raw_ip = raw_;
	binding.mtu = mtu_;
	binding.spec = &config_->interfaces.front();
	binding.counter = [&](Direction direction, const std::string &name, bool is_reason) {
		return book_.index({interface_, direction, is_reason, name});
	};
	bind_interface(to, *config_, binding);
}

RunResult Path::run(fm_direction direction, const Bytes &frame, const RunOptions &options)
{
	RunResult result;
	__sk_buff context{};
	context.gso_segs = options.gso_segs;
	context.gso_size = options.gso_size;
	const auto verdict = test_run(object_->program_fd(direction), frame, context, result.bytes);
	if (!verdict)
		throw std::runtime_error(verdict.error().message);
	result.verdict = *verdict;
	result.priority = context.priority;
	return result;
}

void Path::expect(const FrameSpec &frame, std::uint8_t dscp, fm_direction direction,
		  const RunOptions &options)
{
	if (raw_ != (frame.link == LinkShape::raw))
		set_raw(frame.link == LinkShape::raw);
	const RunResult result = run(direction, frame.build(), options);
	EXPECT_EQ(result.verdict, TC_ACT_UNSPEC) << frame.describe();
	const Bytes expected = frame.build_marked(dscp == kUntouched ? frame.dscp : dscp);
	EXPECT_EQ(result.bytes, expected)
		<< frame.describe() << (direction == FM_INGRESS ? " ingress" : " egress");
	if (direction == FM_INGRESS && !raw_ && options.gso_size == 0)
		expect_xdp(frame, expected);
}

void Path::expect_xdp(const FrameSpec &frame, const Bytes &expected)
{
	prove_xdp(true);
	const Bytes sent = frame.build();
	if (sent.size() < 14) // what BPF_PROG_TEST_RUN takes for XDP
		return;
	const XdpResult result = run_xdp(sent);
	EXPECT_EQ(result.verdict, XDP_PASS) << frame.describe();
	if (!result.notes_shown) {
		EXPECT_TRUE(result.bytes == sent || result.bytes == expected) << frame.describe();
		return;
	}
	EXPECT_TRUE(result.noted);
	EXPECT_EQ(result.bytes, result.done ? expected : sent) << frame.describe() << " xdp";
	xdp_done_ += result.done ? 1 : 0;
}

Path::XdpResult Path::run_xdp(const Bytes &frame, bool frags)
{
	constexpr std::size_t kNote = 8;
	LIBBPF_OPTS(bpf_test_run_opts, run);
	xdp_md context{};
	XdpResult result;
	Bytes out(frame.size() + 256);
	context.data_end = static_cast<std::uint32_t>(frame.size());
	context.ingress_ifindex = kLoopback;
	run.data_in = frame.data();
	run.data_size_in = static_cast<std::uint32_t>(frame.size());
	run.data_out = out.data();
	run.data_size_out = static_cast<std::uint32_t>(out.size());
	run.ctx_in = run.ctx_out = &context;
	run.ctx_size_in = run.ctx_size_out = sizeof(context);
	run.repeat = 1;
	int status = bpf_prog_test_run_opts(object_->xdp_fd(frags), &run);
	result.notes_shown = status != -EINVAL;
	if (!result.notes_shown) { // before 5.14 there is no context, and the frame alone comes out
		run.ctx_in = run.ctx_out = nullptr;
		run.ctx_size_in = run.ctx_size_out = 0;
		context = {};
		status = bpf_prog_test_run_opts(object_->xdp_fd(frags), &run);
	}
	if (status != 0)
		throw std::runtime_error(fmt::format("BPF_PROG_TEST_RUN (XDP) of {} bytes: {}",
						     frame.size(), strerror(-status)));
	out.resize(run.data_size_out);
	result.verdict = static_cast<int>(run.retval);
	result.noted = context.data - context.data_meta == kNote;
	const auto *const packet = out.data() + (context.data - context.data_meta);
	result.bytes = Bytes(packet, static_cast<const std::uint8_t *>(out.data()) + out.size());
	if (result.noted) {
		std::uint32_t note[2];
		std::memcpy(note, out.data(), sizeof(note));
		result.done = note[1] == 1;
	}
	return result;
}

void Path::prove_xdp(bool proven)
{
	object_->xdp_proven()[kSlot] = proven ? kLoopback : 0;
}

CounterSum Path::count(fm_direction direction, const std::string &name, bool is_reason)
{
	const CounterKey key{interface_, static_cast<Direction>(direction), is_reason, name};
	if (!book_.has(key))
		throw std::runtime_error("no counter for " + name);
	return read_counter(object_->counters_fd(), book_.index(key));
}

CounterSum Path::drops(const std::string &name)
{
	const CounterKey key{interface_, kIngress, false, name};
	return read_drops(object_->drops_fd(), book_.index(key));
}

void Path::forget()
{
	std::memset(object_->cache(), 0, object_->cache_entries() * sizeof(std::uint64_t));
}

} // namespace flowmark::test
