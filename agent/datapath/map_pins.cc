// SPDX-License-Identifier: Apache-2.0
#include "datapath/map_pins.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

namespace flowmark {

namespace {

// FNV-1a.
class Fingerprint {
      public:
	void add(std::string_view text)
	{
		for (const char c : text)
			add_byte(static_cast<unsigned char>(c));
		add_byte(0);
	}
	void add(std::uint32_t number) { add(fmt::to_string(number)); }
	[[nodiscard]] std::uint64_t value() const { return value_; }

      private:
	void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 1099511628211ULL; }

	std::uint64_t value_ = 14695981039346656037ULL;
};

void add_map(Fingerprint &to, const bpf_map *map, bool with_size)
{
	to.add(bpf_map__name(map));
	to.add(bpf_map__type(map));
	to.add(bpf_map__key_size(map));
	to.add(bpf_map__value_size(map));
	to.add(bpf_map__map_flags(map));
	to.add(with_size ? bpf_map__max_entries(map) : 0);
}

void add_section(Fingerprint &to, const btf *types, const btf_type *section)
{
	to.add(btf__name_by_offset(types, section->name_off));
	const btf_var_secinfo *variables = btf_var_secinfos(section);
	for (unsigned i = 0; i < btf_vlen(section); i++) {
		const btf_type *variable = btf__type_by_id(types, variables[i].type);
		to.add(btf__name_by_offset(types, variable->name_off));
		to.add(variables[i].offset);
		to.add(variables[i].size);
	}
}

bool same_shape(const bpf_map *map, const bpf_map_info &info)
{
	return info.type == bpf_map__type(map) && info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.map_flags == bpf_map__map_flags(map);
}

// Under another name first: a rename replaces in one step, so that a kill leaves
// the old map or the new one.
Result<void> pin_over(int fd, const std::string &path)
{
	const std::string first = path + "_new";
	::unlink(first.c_str()); // of one that was killed here
	if (bpf_obj_pin(fd, first.c_str()) != 0)
		return errno_error("cannot pin " + path);
	if (std::rename(first.c_str(), path.c_str()) != 0)
		return errno_error("cannot replace " + path);
	return {};
}

bool is_pinned_as(int fd, const std::string &path)
{
	const UniqueFd pinned(bpf_obj_get(path.c_str()));
	bpf_map_info ours{}, theirs{};
	std::uint32_t ours_length = sizeof(ours), theirs_length = sizeof(theirs);
	return pinned.valid() && bpf_obj_get_info_by_fd(fd, &ours, &ours_length) == 0 &&
	       bpf_obj_get_info_by_fd(pinned.fd(), &theirs, &theirs_length) == 0 &&
	       ours.id == theirs.id;
}

} // namespace

std::uint64_t data_layout(const bpf_object *object, const bpf_map *sized_by_config)
{
	Fingerprint print;
	bpf_map *map = nullptr;
	bpf_object__for_each_map(map, object) add_map(print, map, map != sized_by_config);
	const btf *types = bpf_object__btf(object);
	for (std::uint32_t id = 1; id < btf__type_cnt(types); id++)
		if (const btf_type *type = btf__type_by_id(types, id); btf_is_datasec(type))
			add_section(print, types, type);
	return print.value();
}

Result<bool> reuse_map(bpf_map *map, const PinFolder &folder)
{
	const std::string path = folder.map_path(bpf_map__name(map));
	const UniqueFd pinned(bpf_obj_get(path.c_str()));
	if (!pinned.valid())
		return errno_error("cannot open " + path);
	bpf_map_info info{};
	std::uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(pinned.fd(), &info, &length) != 0)
		return errno_error("cannot look at " + path);
	if (!same_shape(map, info))
		return Error{path + " has another shape than expected"};
	if (info.max_entries != bpf_map__max_entries(map))
		return false;
	if (const int status = bpf_map__reuse_fd(map, pinned.fd()); status != 0)
		return errno_error("cannot take over " + path, status);
	return true;
}

Result<void> pin_maps(const bpf_object *object, const std::vector<std::string> &names,
		      const PinFolder &folder)
{
	bpf_map *map = nullptr;
	auto name = names.begin();
	bpf_object__for_each_map(map, object)
	{
		const std::string path = folder.map_path(*name++);
		if (is_pinned_as(bpf_map__fd(map), path))
			continue;
		if (auto pinned = pin_over(bpf_map__fd(map), path); !pinned)
			return pinned;
	}
	return {};
}

} // namespace flowmark
