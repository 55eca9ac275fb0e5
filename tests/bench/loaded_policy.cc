// SPDX-License-Identifier: Apache-2.0
#include "loaded_policy.h"

#include <algorithm>

#include "policy/bind.h"
#include "policy/compiler.h"

namespace flowmark::bench {

namespace {

constexpr std::uint32_t kLoopback = 1; // BPF_PROG_TEST_RUN's interface
constexpr std::uint8_t kSlot = 0;

} // namespace

Result<std::unique_ptr<LoadedPolicy>> LoadedPolicy::load(Config config)
{
	auto object = BpfObject::load(0); // the cache's size is the agent's default
	if (!object)
		return object.error();
	std::unique_ptr<LoadedPolicy> policy(new LoadedPolicy(std::move(*object)));
	if (auto done = policy->put_in_force(config); !done)
		return done.error();
	return policy;
}

Result<void> LoadedPolicy::put_in_force(const Config &config)
{
	auto tables = compile(config, {});
	if (!tables)
		return tables.error();
	if (auto staged = writer_.stage(*tables); !staged)
		return staged;
	Binding binding;
	binding.slot = kSlot;
	binding.interface = "lo";
	binding.spec = &config.interfaces.front();
	binding.counter = [&](Direction direction, const std::string &name, bool is_reason) {
		return book_.index({"lo", direction, is_reason, name});
	};
	bind_interface(writer_.staged(), config, binding);
	writer_.flip();
	fm_iface_cell &cell = object_->iface_cells()[fm_iface_home(kLoopback)];
	cell.slot = kSlot;
	cell.ifindex = kLoopback;
	object_->xdp_proven()[kSlot] = kLoopback; // else XDP leaves the work to tc
	return {};
}

bool LoadedPolicy::cache_used() const
{
	const std::uint64_t *cache = object_->cache();
	return std::any_of(cache, cache + object_->cache_entries(),
			   [](std::uint64_t entry) { return entry != 0; });
}

} // namespace flowmark::bench
