// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/encoding.h"
#include "config/text.h"
#include "config/yaml_syntax.h"

namespace flowmark {

namespace {

// Over all aliases of a file. A real policy has a few; nine lines of "billion
// laughs" have 10^9.
constexpr std::size_t kMaxAliasNodes = 100000;

// Past the anchor and the tag that a value may begin with.
std::string_view skip_properties(std::string_view text)
{
	while (text.starts_with('&') || text.starts_with('!')) {
		text.remove_prefix(std::min(text.find_first_of(" \r\n"), text.size()));
		text.remove_prefix(std::min(text.find_first_not_of(" \r\n"), text.size()));
	}
	return text;
}

// yaml-cpp takes the end of the file for a closing quote. `text` begins with a
// scalar; false if that is a quoted one without its end.
bool is_closed(std::string_view text)
{
	text = skip_properties(text);
	const char quote_mark = text.empty() ? '\0' : text[0];
	if (quote_mark != '"' && quote_mark != '\'')
		return true;
	for (std::size_t i = 1; i < text.size(); i++) {
		const bool escape = quote_mark == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
		if (escape)
			i++;
		else if (text[i] == quote_mark)
			return true;
	}
	return false;
}

class TreeBuilder final : public YAML::EventHandler {
      public:
	TreeBuilder(const std::string &text, std::uint32_t file, Report &report)
		: text_(text), file_(file), report_(report)
	{}

	void OnDocumentStart(const YAML::Mark &mark) override
	{
		if (++documents_ < 2)
			return;
		report_second_document(locate(mark), offset(mark), text_, report_);
		broken_ = true;
	}
	void OnDocumentEnd() override {}
	void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override;
	void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override;
	void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
		      const std::string &value) override;
	void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
			     YAML::EmitterStyle::value) override
	{
		open(YamlNode::Kind::list, mark, tag, anchor);
	}
	void OnSequenceEnd() override { close(); }
	void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
			YAML::EmitterStyle::value) override
	{
		open(YamlNode::Kind::map, mark, tag, anchor);
	}
	void OnMapEnd() override { close(); }

	[[nodiscard]] bool has_document() const { return documents_ > 0; }
	// The tree is not what was written.
	[[nodiscard]] bool broken() const { return broken_; }
	[[nodiscard]] Location innermost() const
	{
		return open_.empty() ? Location{file_, 1, 1} : open_.back()->at;
	}
	YamlTree take() { return std::move(tree_); }

      private:
	[[nodiscard]] Location locate(const YAML::Mark &mark) const;
	[[nodiscard]] std::size_t offset(const YAML::Mark &mark) const
	{
		return std::min(static_cast<std::size_t>(mark.pos), text_.size());
	}
	[[nodiscard]] Location locate_null(const YAML::Mark &mark) const;
	YamlNode &make(YamlNode::Kind kind, Location at, YAML::anchor_t anchor);
	void attach(const YamlNode &node);
	void open(YamlNode::Kind kind, const YAML::Mark &mark, const std::string &tag,
		  YAML::anchor_t anchor);
	void close();
	void refuse_tag(const std::string &tag, Location at);
	void refuse_alias(bool inside_itself, Location at);
	void refuse_quote(Location at);

	const std::string &text_;
	const std::uint32_t file_;
	Report &report_;
	YamlTree tree_;
	std::vector<YamlNode *> open_; // from the root to the innermost
	std::vector<const YamlNode *> anchors_;
	std::size_t alias_nodes_ = 0;
	int documents_ = 0;
	bool broken_ = false;
};

// Behind the line end that read_events() has added there is nothing of the text: its end.
Location TreeBuilder::locate(const YAML::Mark &mark) const
{
	if (static_cast<std::size_t>(mark.pos) <= text_.size())
		return {file_, static_cast<std::uint32_t>(mark.line + 1),
			static_cast<std::uint32_t>(mark.column + 1)};
	const std::size_t line = text_.rfind('\n') + 1; // npos + 1 is the first line's 0
	return {file_, static_cast<std::uint32_t>(mark.line),
		static_cast<std::uint32_t>(text_.size() - line + 1)};
}

// Where a value is missing yaml-cpp gives the place of whatever comes next.
Location TreeBuilder::locate_null(const YAML::Mark &mark) const
{
	const YamlNode *parent = open_.empty() ? nullptr : open_.back();
	if (parent && parent->kind == YamlNode::Kind::map && parent->items.size() % 2 == 1)
		return parent->items.back()->at;
	const std::string_view word = std::string_view(text_).substr(offset(mark), 4);
	if (!parent)
		return {file_, 1, 1};
	const bool written = word.starts_with('~') || word.starts_with(',') ||
			     word.starts_with(']') || word == "null" || word == "Null" ||
			     word == "NULL";
	const std::size_t dash = std::string_view(text_).substr(0, offset(mark)).rfind('-');
	if (written || dash == std::string::npos)
		return locate(mark);
	const std::size_t line = text_.rfind('\n', dash) + 1; // npos + 1 is the first line's 0
	const std::string_view between = std::string_view(text_).substr(dash, offset(mark) - dash);
	// One more where the mark is behind the line end that read_events() has added.
	const auto lines_back = std::count(between.begin(), between.end(), '\n') +
				(static_cast<std::size_t>(mark.pos) > text_.size() ? 1 : 0);
	return {file_, static_cast<std::uint32_t>(mark.line + 1 - lines_back),
		static_cast<std::uint32_t>(dash - line + 1)};
}

YamlNode &TreeBuilder::make(YamlNode::Kind kind, Location at, YAML::anchor_t anchor)
{
	YamlNode &node = tree_.nodes.emplace_back();
	node.kind = kind;
	node.at = at;
	if (anchor != YAML::NullAnchor) {
		anchors_.resize(std::max(anchors_.size(), anchor + 1));
		anchors_[anchor] = &node;
	}
	return node;
}

// To the innermost list or map; a root has none.
void TreeBuilder::attach(const YamlNode &node)
{
	if (open_.empty())
		tree_.root = &node;
	else {
		open_.back()->items.push_back(&node);
		open_.back()->weight += node.weight;
	}
}

void TreeBuilder::open(YamlNode::Kind kind, const YAML::Mark &mark, const std::string &tag,
		       YAML::anchor_t anchor)
{
	YamlNode &node = make(kind, locate(mark), anchor);
	refuse_tag(tag, node.at);
	open_.push_back(&node);
}

void TreeBuilder::close()
{
	const YamlNode &node = *open_.back();
	open_.pop_back();
	attach(node);
}

// "?" and "!" are what yaml-cpp calls plain and quoted.
void TreeBuilder::refuse_tag(const std::string &tag, Location at)
{
	if (tag != "?" && tag != "!" && !tag.empty())
		report_.error(at,
			      found(fmt::format("the tag {}", quote(tag)), "a value without one"));
}

void TreeBuilder::OnNull(const YAML::Mark &mark, YAML::anchor_t anchor)
{
	attach(make(YamlNode::Kind::null, locate_null(mark), anchor));
}

void TreeBuilder::OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
			   const std::string &value)
{
	YamlNode &node = make(YamlNode::Kind::scalar, locate(mark), anchor);
	refuse_tag(tag, node.at);
	if (!is_closed(std::string_view(text_).substr(offset(mark))))
		refuse_quote(node.at);
	node.text = value;
	attach(node);
}

void TreeBuilder::refuse_quote(Location at)
{
	report_.error(at, "found no end of the quoted text that begins here, expected its "
			  "closing quote");
	broken_ = true;
}

void TreeBuilder::OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor)
{
	const YamlNode *node = anchor < anchors_.size() ? anchors_[anchor] : nullptr;
	const bool inside_itself = std::find(open_.begin(), open_.end(), node) != open_.end();
	if (!node || inside_itself || alias_nodes_ + node->weight > kMaxAliasNodes) {
		refuse_alias(inside_itself, locate(mark));
		return;
	}
	alias_nodes_ += node->weight;
	attach(*node);
}

void TreeBuilder::refuse_alias(bool inside_itself, Location at)
{
	if (inside_itself)
		report_.error(at, "found an alias inside of its own anchor, expected it outside");
	else if (!broken_)
		report_.error(at, "found aliases that stand for more than 100000 values, "
				  "expected fewer");
	broken_ = true;
	attach(make(YamlNode::Kind::null, at, YAML::NullAnchor));
}

// yaml-cpp makes a document of nothing out of a stray comma, without end; two
// documents are all that is asked for.
void feed(YAML::Parser &parser, TreeBuilder &builder)
{
	if (parser.HandleNextDocument(builder))
		parser.HandleNextDocument(builder);
}

// False if it stopped at an error.
bool read_events(const std::string &text, TreeBuilder &builder, Report &report)
{
	try {
		// With a line end yaml-cpp takes an open quote at the end of the file as
		// closed in every case, and OnScalar() finds it; else only in some.
		std::istringstream stream(text + "\n");
		YAML::Parser parser(stream);
		feed(parser, builder);
		return true;
	} catch (const YAML::Exception &error) {
		if (!builder.broken()) // else it follows from what is reported
			report_syntax_error(error, text, builder.innermost(), report);
	} catch (const std::exception &error) {
		report.error(builder.innermost(),
			     found(printable(error.what()), "well-formed YAML"));
	}
	return false;
}

} // namespace

std::optional<YamlTree> parse_yaml(const std::string &text, std::uint32_t file, Report &report)
{
	if (!check_encoding(text, file, report))
		return std::nullopt;
	TreeBuilder builder(text, file, report);
	if (!read_events(text, builder, report) || builder.broken())
		return std::nullopt;
	if (!builder.has_document()) {
		report.error({file, 1, 1}, found("an empty file", "a policy"));
		return std::nullopt;
	}
	return builder.take();
}

} // namespace flowmark
