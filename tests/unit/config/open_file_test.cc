// SPDX-License-Identifier: Apache-2.0
// Whose links are followed. Root gives links away; another user looks at its own as a stranger
// would, with a file of root's for what is not the link's owner's.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/open_file.h"
#include "temp_folder.h"

namespace flowmark {

namespace {

constexpr uid_t kNobody = 65534;
constexpr const char *kOfRoot = "/etc/passwd";

class OpenFile : public testing::Test {
      protected:
	void SetUp() override
	{
		file_ = folder_.write("lists/file.txt", "content\n");
		link_ = folder_.path("lists/link");
	}

	// Owned by somebody that open() does not trust.
	void strange(const std::string &path) const
	{
		if (::geteuid() == 0) {
			ASSERT_EQ(::lchown(path.c_str(), kNobody, kNobody), 0);
		}
	}
	void link(const std::string &target, const std::string &path) const
	{
		ASSERT_EQ(::symlink(target.c_str(), path.c_str()), 0);
	}
	void strange_link(const std::string &target, const std::string &path) const
	{
		link(target, path);
		strange(path);
	}

	// Trusts root, and us if `trusting`.
	std::string open(const std::string &path, bool trusting = false) const
	{
		const uid_t us = ::geteuid();
		auto file = open_file(path, trusting || us == 0 ? us : us + 1);
		if (!file)
			return file.error().message;
		char byte = 0;
		EXPECT_EQ(::read(file->fd(), &byte, 1), 1) << path;
		return {byte};
	}

	static std::string refused(const std::string &name)
	{
		const uid_t owner = ::geteuid() == 0 ? kNobody : ::geteuid();
		return "found the link '" + name + "' of user " + std::to_string(owner) +
		       " to what is not that user's, expected a link of root or of the agent's "
		       "user";
	}

	TempFolder folder_;
	std::string file_, link_;
};

} // namespace

TEST_F(OpenFile, every_way_to_name_a_file)
{
	for (const char *path : {"lists/file.txt", "lists//file.txt", "lists/./file.txt",
				 "lists/../lists/file.txt", "./lists/file.txt"})
		EXPECT_EQ(open(folder_.path(path)), "c") << path;
	EXPECT_EQ(open("/../etc/passwd").size(), 1u);
}

TEST_F(OpenFile, a_relative_path_begins_here)
{
	const auto before = std::filesystem::current_path();
	std::filesystem::current_path(folder_.path("lists"));
	EXPECT_EQ(open("file.txt"), "c");
	EXPECT_EQ(open("../lists/file.txt"), "c");
	std::filesystem::current_path(before);
}

TEST_F(OpenFile, what_is_not_there_is_said)
{
	EXPECT_EQ(open(folder_.path("nope")),
		  "found no file: No such file or directory, expected a readable file");
	EXPECT_EQ(open(folder_.path("nope/file.txt")), open(folder_.path("nope")));
	EXPECT_EQ(open(file_ + "/"), "found no file: Not a directory, expected a readable file");
	EXPECT_EQ(open(file_ + "/x"), open(file_ + "/"));
}

TEST_F(OpenFile, links_of_our_own_and_of_root_lead_anywhere)
{
	link("file.txt", link_);
	EXPECT_EQ(open(link_, true), "c");
	link("..", folder_.path("lists/up"));
	EXPECT_EQ(open(folder_.path("lists/up/lists/link"), true), "c");
	link(kOfRoot, folder_.path("lists/root"));
	EXPECT_EQ(open(folder_.path("lists/root"), true).size(), 1u);
	EXPECT_EQ(open("/proc/self/status"), "N"); // of a link of ours
}

TEST_F(OpenFile, a_link_to_itself_ends)
{
	link("link", link_);
	EXPECT_EQ(open(link_, true), "found no file: Too many levels of symbolic links, expected a "
				     "readable file");
}

TEST_F(OpenFile, a_link_of_another_leads_to_what_is_theirs)
{
	strange(file_);
	strange_link("file.txt", link_);
	EXPECT_EQ(open(link_), "c");
	strange_link("link", folder_.path("lists/link2"));
	EXPECT_EQ(open(folder_.path("lists/link2")), "c");
}

TEST_F(OpenFile, a_link_of_another_to_what_is_not_theirs_is_refused)
{
	strange_link(kOfRoot, link_);
	EXPECT_EQ(open(link_), refused("link"));
	strange_link("link", folder_.path("lists/link2"));
	EXPECT_EQ(open(folder_.path("lists/link2")), refused("link")) << "by way of another";
}

TEST_F(OpenFile, a_folder_that_is_a_link_of_another_is_one_too)
{
	strange_link("/etc", link_);
	EXPECT_EQ(open(link_ + "/passwd"), refused("link"));
	EXPECT_EQ(open(folder_.path("lists/../lists/link/passwd")), refused("link"));
}

TEST_F(OpenFile, neither_by_way_of_a_link_of_root)
{
	strange_link("/proc/self/root/etc/passwd", link_); // /proc/self is root's
	EXPECT_EQ(open(link_), refused("link"));
}

} // namespace flowmark
