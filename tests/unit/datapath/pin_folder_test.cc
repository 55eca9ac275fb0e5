// SPDX-License-Identifier: Apache-2.0
// Names and refusals; what needs a BPF file system is in tests/lab/takeover.py.
#include <filesystem>

#include <gtest/gtest.h>

#include "datapath/pin_folder.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

TEST(PinFolder, what_is_attached_can_be_told_from_the_names)
{
	const TempFolder folder;
	const std::string path = folder.path("v7");
	for (const char *part : {"links", "filters", "qdiscs"})
		std::filesystem::create_directories(path + "/" + part);
	std::filesystem::create_directory(filter_sign(path, 12, FM_EGRESS));
	std::filesystem::create_directory(qdisc_sign(path, 12));
	folder.write("v7/links/3-ingress", "");
	for (const char *other : {"3-sideways", "x-egress", "3", "-ingress"})
		folder.write(std::string("v7/links/") + other, "");
	const auto links = placed(path, "links"), filters = placed(path, "filters");
	ASSERT_EQ(links.size(), 1u);
	EXPECT_EQ(links[0].ifindex, 3);
	EXPECT_EQ(links[0].direction, FM_INGRESS);
	ASSERT_EQ(filters.size(), 1u);
	EXPECT_EQ(filters[0].ifindex, 12);
	EXPECT_EQ(filters[0].direction, FM_EGRESS);
	EXPECT_EQ(made_qdiscs(path), std::vector<int>{12});
	EXPECT_TRUE(placed(folder.path("none"), "links").empty());
}

TEST(PinFolder, refuses_what_is_no_bpf_file_system_and_leaves_it)
{
	const TempFolder folder;
	const std::string there = folder.path("there"), missing = folder.path("missing");
	std::filesystem::create_directory(there);
	for (const std::string &path : {there, missing}) {
		const auto opened = PinFolder::open(path, true);
		ASSERT_TRUE(opened.ok());
		EXPECT_EQ((*opened).folder, nullptr);
		EXPECT_EQ((*opened).why_not, path + " is not on a BPF file system");
	}
	EXPECT_TRUE(std::filesystem::exists(there));
	EXPECT_FALSE(std::filesystem::exists(missing));
	const auto opened = PinFolder::open(missing, false);
	ASSERT_TRUE(opened.ok());
	EXPECT_TRUE((*opened).missing);
}

} // namespace flowmark
