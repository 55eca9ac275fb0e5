// SPDX-License-Identifier: Apache-2.0
#include "measure.h"

#include <bpf/bpf.h>
#include <flowmark/dscp.h>
#include <sched.h>

#include <ctime>

#include <fmt/format.h>

namespace flowmark::bench {

namespace {

constexpr std::size_t kL3 = 14, kIp4Bytes = 20;
constexpr int kCheckedPackets = 20;

bool sums_up(const test::Bytes &frame)
{
	std::uint32_t sum = 0;
	for (std::size_t at = kL3; at < kL3 + kIp4Bytes; at += 2)
		sum += static_cast<std::uint32_t>(frame[at]) << 8 | frame[at + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

Result<void> expect_marked(const test::Bytes &frame, const Pattern &pattern, std::uint8_t dscp)
{
	const std::uint8_t *ip = &frame[kL3];
	const std::uint8_t found = pattern.family == 4 ? fm_dscp_get4(ip) : fm_dscp_get6(ip);
	if (found != dscp)
		return Error{fmt::format("found DSCP {}, expected {}", found, dscp)};
	if (pattern.family == 4 && !sums_up(frame))
		return Error{"found a wrong header checksum"};
	return {};
}

Result<void> check_one(int driver, const Pattern &pattern, const test::Bytes &frame,
		       std::uint8_t dscp)
{
	auto out = run_once(driver, frame);
	if (!out)
		return out.error();
	if (out->size() < frame.size())
		return Error{"found a packet cut short"};
	// Metadata of an XDP program comes before the packet.
	const test::Bytes packet(out->end() - static_cast<std::ptrdiff_t>(frame.size()),
				 out->end());
	if (pattern.packets != PacketKind::unparsable)
		return expect_marked(packet, pattern, dscp);
	if (packet != frame)
		return Error{"found an unparsable packet changed"};
	return {};
}

} // namespace

Result<void> stay_on_cpu(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return errno_error(fmt::format("cannot stay on processor {}", cpu));
	return {};
}

double thread_cpu_ns()
{
	timespec now{};
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

Result<test::Bytes> run_once(int program_fd, const test::Bytes &frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	test::Bytes out(frame.size() + 256);
	options.data_in = frame.data();
	options.data_size_in = static_cast<std::uint32_t>(frame.size());
	options.data_out = out.data();
	options.data_size_out = static_cast<std::uint32_t>(out.size());
	options.repeat = 1;
	if (const int status = bpf_prog_test_run_opts(program_fd, &options); status != 0)
		return errno_error("BPF_PROG_TEST_RUN", status);
	out.resize(options.data_size_out);
	return out;
}

Result<double> time_runs(int program_fd, const test::Bytes &frame, std::uint32_t runs)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	options.data_in = frame.data();
	options.data_size_in = static_cast<std::uint32_t>(frame.size());
	options.repeat = static_cast<int>(runs);
	const double start = thread_cpu_ns();
	if (const int status = bpf_prog_test_run_opts(program_fd, &options); status != 0)
		return errno_error("BPF_PROG_TEST_RUN", status);
	return (thread_cpu_ns() - start) / runs;
}

Result<void> check_marks(Traffic &traffic, const Pattern &pattern, int program_fd, HookPoint hook,
			 std::uint8_t dscp)
{
	const auto driver = traffic.drive(program_fd, hook);
	if (!driver)
		return driver.error();
	const test::Bytes frame = make_frame(pattern);
	for (int pass = 0; pass < 2; pass++) {
		traffic.rewind();
		for (int i = 0; i < kCheckedPackets; i++)
			if (auto checked = check_one(*driver, pattern, frame, dscp); !checked)
				return checked;
	}
	traffic.rewind();
	return {};
}

} // namespace flowmark::bench
