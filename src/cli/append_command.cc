#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/line_batches.h"
#include "cli/target.h"
#include "durable_streams/json_messages.h"

namespace durable_streams::cli {
namespace {

struct Arguments {
  Target target;
  client::AppendOptions options;
  client::Producer producer;
  bool by_lines = false;
};

// One append per batch of lines; with a producer, each has its own number.
class LineAppender {
 public:
  LineAppender(client::Stream& stream, const client::AppendOptions& options)
      : stream_(stream),
        options_(options),
        batches_(client::is_json_content_type(options.content_type)) {}

  // Appends all of standard input; `success`, or the exit code of what failed.
  int run(Context& context) {
    while (true) {
      const auto bytes = context.console.read_some();
      if (!bytes) return failure;
      const bool is_end = bytes->empty();
      const auto batch = is_end ? batches_.finish() : batches_.add(*bytes);
      if (batch) {
        if (const int code = append(*batch, context); code != success) return code;
      }
      if (is_end) return success;
    }
  }

  size_t lines() const { return lines_; }
  const std::string& next_offset() const { return next_offset_; }

 private:
  int append(const LineBatch& batch, Context& context) {
    const auto appended = stream_.append(batch.body, options_);
    if (!appended) {
      const int code = report(appended.error(), context);
      if (lines_ > 0) {
        context.console.complain(std::to_string(lines_) +
                                 " lines were appended before");
      }
      return code;
    }
    lines_ += batch.lines;
    next_offset_ = appended->next_offset;
    if (options_.producer) ++options_.producer->seq;
    return success;
  }

  client::Stream& stream_;
  client::AppendOptions options_;
  LineBatches batches_;
  size_t lines_ = 0;
  std::string next_offset_;
};

int print_offset(const std::string& offset, Context& context) {
  return context.console.write_line(offset) ? success : context.console.write_failure();
}

int close_stream(client::Stream& stream, Context& context) {
  const auto closed = stream.close();
  if (!closed) return report(closed.error(), context);
  return print_offset(closed->next_offset, context);
}

int append_lines(client::Stream& stream, client::AppendOptions options,
                 Context& context) {
  const bool closes = options.close;
  options.close = false;  // After the last batch.
  LineAppender appender(stream, options);
  if (const int code = appender.run(context); code != success) return code;
  if (closes) return close_stream(stream, context);
  if (appender.lines() == 0) {
    context.console.complain("nothing to append: standard input has no lines");
    return usage;
  }
  return print_offset(appender.next_offset(), context);
}

int append_whole(client::Stream& stream, const client::AppendOptions& options,
                 Context& context) {
  const auto body = context.console.read_all();
  if (!body) return failure;
  if (body->empty() && !options.close) {
    context.console.complain("nothing to append: standard input is empty");
    return usage;
  }
  const auto appended = stream.append(*body, options);
  if (!appended) return report(appended.error(), context);
  if (appended->is_duplicate) {
    context.console.complain("this append was there already; nothing was added");
  }
  return print_offset(appended->next_offset, context);
}

int append(const Arguments& arguments, Context& context) {
  auto stream = arguments.target.open(context);
  if (!stream) return report(stream.error(), context);
  client::AppendOptions options = arguments.options;
  if (!arguments.producer.id.empty()) options.producer = arguments.producer;
  if (options.content_type.empty()) {
    const auto metadata = stream->head();
    if (!metadata) return report(metadata.error(), context);
    options.content_type = metadata->content_type;
  }
  return arguments.by_lines ? append_lines(*stream, options, context)
                            : append_whole(*stream, options, context);
}

constexpr const char* footer = R"(
Appends standard input as a whole, or not at all, and prints the offset at which the
stream then ends. It is on the server's disk by then. With --lines lines are appended
as they come, so that the command can stand at the end of a pipe that never ends.

A JSON array appends its elements as messages. To append one message that is an array,
wrap it in another, or use --lines.

Without --producer a lost answer is not repeated: the exit code is 7, and the bytes may
be there or not. With it, the same number can't be appended twice.

Examples:
  echo '{"n":1}' | durable-streams append orders
  tail -F app.log | durable-streams append logs --lines
  durable-streams append orders --producer job-17 --seq 0 < batch.json
)";

}  // namespace

void add_append(CLI::App& app, Action& chosen) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("append", "Appends standard input to a stream.");
  command->footer(footer);
  arguments->target.add_to(*command);
  command->add_flag("--lines", arguments->by_lines,
                    "Each line is a message (of a JSON stream), sent as it comes.");
  command
      ->add_option("--content-type", arguments->options.content_type,
                   "The stream's content type. Default: the server is asked.")
      ->type_name("TYPE");
  CLI::Option* producer =
      command
          ->add_option("--producer", arguments->producer.id,
                       "Who appends, so that nothing is appended twice.")
          ->type_name("ID");
  command
      ->add_option(
          "--epoch", arguments->producer.epoch,
          "The producer's epoch; a higher one shuts out the lower. Default: 0.")
      ->needs(producer);
  command
      ->add_option("--seq", arguments->producer.seq,
                   "The append's number within the epoch, from 0 on. Default: 0. With "
                   "--lines that of the first.")
      ->needs(producer);
  command
      ->add_option("--stream-seq", arguments->options.stream_seq,
                   "Refuse the append unless this text sorts after the last one.")
      ->type_name("TEXT");
  command->add_flag("--close", arguments->options.close,
                    "Close the stream after these bytes, or without any.");
  command->callback([&chosen, arguments] {
    if (arguments->by_lines && !arguments->options.stream_seq.empty()) {
      throw CLI::ValidationError(
          "--stream-seq names one append; --lines makes several");
    }
    chosen = [arguments](Context& context) { return append(*arguments, context); };
  });
}

}  // namespace durable_streams::cli
