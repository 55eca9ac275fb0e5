// SPDX-License-Identifier: Apache-2.0
#include "datapath/test_run.h"

#include <bpf/bpf.h>

#include <fmt/format.h>

namespace flowmark {

namespace {

constexpr std::size_t kMayGrow = 256; // what a program could add in front

} // namespace

Result<int> test_run(int program_fd, std::span<const std::uint8_t> frame, __sk_buff &context,
		     std::vector<std::uint8_t> &out)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	out.resize(frame.size() + kMayGrow);
	run.data_in = frame.data();
	run.data_size_in = static_cast<std::uint32_t>(frame.size());
	run.data_out = out.data();
	run.data_size_out = static_cast<std::uint32_t>(out.size());
	run.ctx_in = run.ctx_out = &context;
	run.ctx_size_in = run.ctx_size_out = sizeof(context);
	run.repeat = 1;
	if (const int status = bpf_prog_test_run_opts(program_fd, &run); status != 0)
		return errno_error(fmt::format("BPF_PROG_TEST_RUN of {} bytes", frame.size()),
				   status);
	out.resize(run.data_size_out);
	return static_cast<int>(run.retval);
}

} // namespace flowmark
