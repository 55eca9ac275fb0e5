// SPDX-License-Identifier: Apache-2.0
#include "live.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <numeric>

#include <fmt/format.h>

#include "measure.h"
#include "shapes.h"
#include "traffic.skel.h"

namespace flowmark::bench {

namespace {

constexpr std::uint32_t kBatch = 64; // a veth's ring holds 256
constexpr std::uint32_t kLruEntries = 1U << 18;
constexpr std::uint32_t kProbePackets = 20000;
constexpr int kWaits = 20000; // ms at most, for the last frames to arrive

// Softirqs that were put off run in the processor's own thread.
int softirq_pid(int cpu)
{
	const std::string wanted = fmt::format("ksoftirqd/{}", cpu);
	for (int pid = 2; pid < 4096; pid++) {
		std::ifstream file(fmt::format("/proc/{}/comm", pid));
		std::string name;
		if (std::getline(file, name) && name == wanted)
			return pid;
	}
	return 0;
}

double process_cpu_ns(int pid)
{
	std::ifstream file(fmt::format("/proc/{}/schedstat", pid));
	double ns = 0;
	return file >> ns ? ns : 0;
}

DscpCounts arrived_by_dscp(int map_fd)
{
	DscpCounts counts{};
	std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
	for (std::uint32_t dscp = 0; dscp < counts.size(); dscp++)
		if (bpf_map_lookup_elem(map_fd, &dscp, per_cpu.data()) == 0)
			counts[dscp] = std::accumulate(per_cpu.begin(), per_cpu.end(),
						       std::uint64_t{0});
	return counts;
}

std::uint64_t total(const DscpCounts &counts)
{
	return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Result<Mac> mac_of(const std::string &interface)
{
	const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ifreq request{};
	interface.copy(request.ifr_name, IFNAMSIZ - 1);
	if (!socket.valid() || ioctl(socket.fd(), SIOCGIFHWADDR, &request) != 0)
		return errno_error("cannot read the address of " + interface);
	Mac mac{};
	std::copy_n(request.ifr_hwaddr.sa_data, mac.size(), mac.begin());
	return mac;
}

} // namespace

Result<std::unique_ptr<Live>> Live::open(const LiveOptions &options)
{
	std::unique_ptr<Live> live(new Live(options));
	live->softirq_pid_ = softirq_pid(options.cpu);
	auto traffic = Traffic::load();
	if (!traffic)
		return traffic.error();
	auto floor = Floor::load(kLruEntries);
	if (!floor)
		return floor.error();
	live->traffic_ = std::move(*traffic);
	live->floor_ = std::move(*floor);
	unsigned ifindex = 0;
	if (auto entered = live->enter(options.router, ifindex); !entered)
		return entered.error();
	const auto mac = mac_of(options.router.interface);
	if (!mac)
		return mac.error();
	live->router_mac_ = *mac;
	if (auto put = live->put_sink(Watch::marks); !put)
		return put.error();
	if (auto stayed = stay_on_cpu(options.cpu); !stayed)
		return stayed.error();
	return live;
}

// Interfaces are known by number inside their namespace only.
Result<void> Live::enter(const Place &place, unsigned &ifindex)
{
	const UniqueFd netns(::open(place.netns.c_str(), O_RDONLY | O_CLOEXEC));
	if (!netns.valid() || setns(netns.fd(), CLONE_NEWNET) != 0)
		return errno_error("cannot enter " + place.netns);
	ifindex = if_nametoindex(place.interface.c_str());
	if (ifindex == 0)
		return errno_error("no interface " + place.interface);
	return {};
}

Result<void> Live::put_sink(Watch watch)
{
	if (sink_.valid() && watch == sink_watch_)
		return {};
	unsigned ifindex = 0;
	if (auto entered = enter(options_.sink, ifindex); !entered)
		return entered;
	const auto &programs = traffic_->programs().progs;
	const bpf_program *sink = watch == Watch::marks ? programs.bench_sink
							: programs.bench_sink_gap;
	sink_.reset(-1);
	sink_.reset(bpf_link_create(bpf_program__fd(sink), static_cast<int>(ifindex), BPF_XDP,
				    nullptr));
	sink_watch_ = watch;
	return sink_.valid() ? Result<void>() : errno_error("cannot attach the sink");
}

void Live::aim(std::uint32_t flows, const std::vector<bench_dest> &dests)
{
	traffic_->aim({PacketKind::known, 4, flows, dests.size() == BENCH_DESTS}, dests);
	std::memcpy(traffic_->programs().bss->bench_plan.header, router_mac_.data(),
		    router_mac_.size());
}

Result<void> Live::inject(std::uint32_t frames)
{
	unsigned ifindex = 0;
	if (auto entered = enter(options_.source, ifindex); !entered)
		return entered;
	const test::Bytes frame = make_frame({});
	xdp_md context{};
	context.data_end = static_cast<std::uint32_t>(frame.size());
	context.ingress_ifindex = ifindex;
	LIBBPF_OPTS(bpf_test_run_opts, run);
	run.data_in = frame.data();
	run.data_size_in = context.data_end;
	run.ctx_in = &context;
	run.ctx_size_in = sizeof(context);
	run.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
	run.batch_size = kBatch;
	run.repeat = static_cast<int>(frames);
	const int injector = bpf_program__fd(traffic_->programs().progs.bench_inject);
	const int status = bpf_prog_test_run_opts(injector, &run);
	return status == 0 ? Result<void>() : errno_error("cannot send live frames", status);
}

// An empty program on the packet as it is.
Result<double> Live::probe()
{
	return time_runs(floor_->program_fd(FloorKind::nothing, HookPoint::tc), make_frame({}),
			 kProbePackets);
}

// Waits for the frames that are still on their way.
std::uint64_t Live::count_arrived(const DscpCounts &before, LiveResult &result)
{
	const int counts = bpf_map__fd(traffic_->programs().maps.bench_arrived);
	for (int wait = 0; wait < kWaits; wait++) {
		result.dscps = arrived_by_dscp(counts);
		if (total(result.dscps) - total(before) >= result.sent)
			break;
		usleep(1000);
	}
	for (std::size_t i = 0; i < result.dscps.size(); i++)
		result.dscps[i] -= before[i];
	return total(result.dscps);
}

Result<double> Live::send_once(std::uint32_t frames, LiveResult &result)
{
	const DscpCounts before = arrived_by_dscp(
		bpf_map__fd(traffic_->programs().maps.bench_arrived));
	const double softirq = process_cpu_ns(softirq_pid_), start = thread_cpu_ns();
	if (auto injected = inject(frames); !injected)
		return injected.error();
	const double taken = thread_cpu_ns() - start + process_cpu_ns(softirq_pid_) - softirq;
	result.sent = frames;
	result.arrived = count_arrived(before, result);
	if (result.arrived == 0)
		return Error{"no frame has arrived at the sink"};
	return taken / static_cast<double>(result.arrived);
}

Result<void> Live::warm(std::uint32_t frames)
{
	if (auto put = put_sink(Watch::marks); !put)
		return put;
	LiveResult unused;
	const auto sent = send_once(frames, unused);
	return sent ? Result<void>() : sent.error();
}

// A run that looks for gaps counts whatever the machine does; only once must it be.
Result<LiveResult> Live::send(std::uint32_t frames, Watch watch)
{
	if (auto put = put_sink(watch); !put)
		return put.error();
	bench_gap &gap = traffic_->programs().bss->bench_gap;
	gap = {};
	LiveResult result;
	const auto once = [&] { return send_once(frames, result); };
	const auto ns = watch == Watch::gaps ? once() : quiet_.sample(once);
	if (!ns)
		return ns.error();
	result.ns = *ns;
	result.disturbed = quiet_.disturbed();
	result.longest_gap_ns = static_cast<double>(gap.longest_ns);
	return result;
}

Result<void> Live::attach(FloorKind kind, HookPoint hook)
{
	unsigned ifindex = 0;
	if (auto entered = enter(options_.router, ifindex); !entered)
		return entered;
	const int program = floor_->program_fd(kind, hook);
	if (hook == HookPoint::tc) {
		auto attached = Hook::attach(program, {static_cast<int>(ifindex), FM_INGRESS, ""},
					     HookKind::tcx);
		if (!attached)
			return attached.error();
		tc_ = std::move(*attached);
		return {};
	}
	LIBBPF_OPTS(bpf_link_create_opts, native);
	native.flags = XDP_FLAGS_DRV_MODE;
	xdp_.reset(bpf_link_create(program, static_cast<int>(ifindex), BPF_XDP, &native));
	return xdp_.valid() ? Result<void>() : errno_error("cannot attach to XDP");
}

void Live::detach()
{
	tc_.reset();
	xdp_.reset(-1);
}

} // namespace flowmark::bench
