// SPDX-License-Identifier: Apache-2.0
// As much of Jenkins' declarative pipelines as our Jenkinsfile uses, to run it where there is no
// Jenkins:
//   groovy declarative.groovy JENKINSFILE BRANCH [--root FOLDER] [--execute] [--approve]
// Several files or branches, with commas between, are run one after the other. Prints what happens,
// a line each: "pipeline JENKINSFILE BRANCH", "stage PATH", "sh PATH: COMMAND", ..., "status N". With
// --execute each command really runs in FOLDER, as Jenkins' sh does (sh -xe); without, none does
// and each goes well. What an `input` asks is granted by --approve, and refused without.
// What it does not know, a section given twice, a stage without steps, and a command that is no
// script of FOLDER ends it with status 2 ("wrong WHY"); a pipeline that fails, with 1.
// Cells of a matrix run one after the other, which is all that differs from Jenkins that we know.

import groovy.io.FileType
import java.nio.file.FileSystems

class Wrong extends RuntimeException {
  Wrong(String what) { super(what) }
}

class Aborted extends RuntimeException {
  Aborted(String what) { super(what) }
}

class Failed extends RuntimeException {
  Failed(String what) { super(what) }
}

// A block of the file: only what it names as a method of its own can be said in it.
abstract class Block {
  protected final Set said = []

  // Runs the block's closure; unknown words reach methodMissing below.
  def fill(Closure body) {
    body.delegate = this
    body.resolveStrategy = Closure.DELEGATE_ONLY
    body()
    this
  }

  abstract String title()

  protected void once(String section) {
    if (!said.add(section))
      throw new Wrong("${title()}: '$section' is given twice")
  }

  def methodMissing(String name, args) {
    throw new Wrong("${title()}: '$name' is not known here")
  }

  def propertyMissing(String name) {
    throw new Wrong("${title()}: '$name' is not known here")
  }

  def propertyMissing(String name, value) {
    throw new Wrong("${title()}: '$name' is not known here")
  }
}

class Environment extends Block {
  final Map values = [:]

  String title() { 'environment' }

  // A secret file: what the step sees is a path.
  String credentials(String id) { System.getenv('JENKINS_CREDENTIAL') ?: "credential:$id" }

  void setProperty(String name, value) {
    if (!(name ==~ /[A-Z][A-Z0-9_]*/))
      throw new Wrong("environment: '$name' is no name of a variable")
    values[name] = value.toString()
  }
}

class Agent extends Block {
  String title() { 'agent' }

  void label(String name) { once('label') }
}

class Options extends Block {
  String title() { 'options' }

  void disableConcurrentBuilds() { once('disableConcurrentBuilds') }

  void timeout(Map how) {
    once('timeout')
    if (how.keySet() != ['time', 'unit'] as Set || !(how.unit in ['MINUTES', 'HOURS', 'DAYS']))
      throw new Wrong("options: timeout($how)")
  }

  void buildDiscarder(rotator) { once('buildDiscarder') }

  def logRotator(Map how) { how }
}

class Input extends Block {
  final Map asked = [:]

  String title() { 'input' }

  void message(String text) { keep('message', text) }

  void ok(String text) { keep('ok', text) }

  void submitter(String text) { keep('submitter', text) }

  private void keep(String what, String text) {
    once(what)
    asked[what] = text
  }
}

// Conditions are worked out when they are read: they look at the branch alone.
class When extends Block {
  final String branchNow
  final List<Boolean> holds = []

  When(String branchNow) { this.branchNow = branchNow }

  String title() { 'when' }

  void branch(String name) { holds << (name == branchNow) }

  void beforeInput(boolean so) { once('beforeInput') }

  void anyOf(Closure body) { holds << new When(branchNow).fill(body).holds.any() }

  boolean all() {
    if (!holds)
      throw new Wrong('when: without a condition')
    holds.every()
  }
}

class Axis extends Block {
  String of
  List options

  String title() { 'axis' }

  void name(String text) {
    once('name')
    of = text
  }

  void values(Object... texts) {
    once('values')
    options = texts as List
  }
}

class Axes extends Block {
  final List<Axis> list = []

  String title() { 'axes' }

  void axis(Closure body) {
    Axis one = new Axis().fill(body)
    if (!one.of || !one.options)
      throw new Wrong('axis: needs a name and values')
    list << one
  }
}

class Post extends Block {
  final Map<String, Closure> conditions = [:]

  String title() { 'post' }

  void always(Closure body) { keep('always', body) }

  void success(Closure body) { keep('success', body) }

  void failure(Closure body) { keep('failure', body) }

  private void keep(String condition, Closure body) {
    once(condition)
    conditions[condition] = body
  }
}

class Stages extends Block {
  final List<Stage> list = []

  String title() { 'stages' }

  void stage(String name, Closure body) {
    if (list.any { it.name == name })
      throw new Wrong("stages: two are called '$name'")
    list << new Stage(name).fill(body)
  }
}

class Matrix extends Block {
  Axes axesOf
  Stages stagesOf

  String title() { 'matrix' }

  void axes(Closure body) {
    once('axes')
    axesOf = new Axes().fill(body)
  }

  void stages(Closure body) {
    once('stages')
    stagesOf = new Stages().fill(body)
  }

  // Each cell is what its axes set.
  List<Map> cells() {
    if (!axesOf?.list || !stagesOf?.list)
      throw new Wrong('matrix: needs axes and stages')
    axesOf.list.inject([[:]]) { cells, axis ->
      cells.collectMany { cell -> axis.options.collect { cell + [(axis.of): it] } }
    }
  }
}

class Stage extends Block {
  final String name
  Closure stepsOf, whenOf
  Stages stagesOf
  Matrix matrixOf
  Input inputOf
  Post postOf
  Map variables = [:]

  Stage(String name) { this.name = name }

  String title() { "stage '$name'" }

  def fill(Closure body) {
    super.fill(body)
    if ([stepsOf, stagesOf, matrixOf].count { it != null } != 1)
      throw new Wrong("${title()}: needs one of steps, stages and matrix")
    if (stagesOf && !stagesOf.list)
      throw new Wrong("${title()}: has no stage")
    matrixOf?.cells()
    this
  }

  void steps(Closure body) {
    once('steps')
    stepsOf = body
  }

  void stages(Closure body) {
    once('stages')
    stagesOf = new Stages().fill(body)
  }

  void matrix(Closure body) {
    once('matrix')
    matrixOf = new Matrix().fill(body)
  }

  void when(Closure body) {
    once('when')
    whenOf = body
  }

  void input(Closure body) {
    once('input')
    inputOf = new Input().fill(body)
    if (!inputOf.asked.message)
      throw new Wrong("${title()}: input without a message")
  }

  void environment(Closure body) {
    once('environment')
    variables = new Environment().fill(body).values
  }

  void options(Closure body) {
    once('options')
    new Options().fill(body)
  }

  void post(Closure body) {
    once('post')
    postOf = new Post().fill(body)
  }
}

class Pipeline extends Block {
  Stages stagesOf
  Post postOf
  Map variables = [:]

  String title() { 'pipeline' }

  def fill(Closure body) {
    super.fill(body)
    if (!('agent' in said) || !stagesOf?.list)
      throw new Wrong('pipeline: needs an agent and stages')
    this
  }

  void agent(Closure body) {
    once('agent')
    new Agent().fill(body)
  }

  void options(Closure body) {
    once('options')
    new Options().fill(body)
  }

  void environment(Closure body) {
    once('environment')
    variables = new Environment().fill(body).values
  }

  void stages(Closure body) {
    once('stages')
    stagesOf = new Stages().fill(body)
  }

  void post(Closure body) {
    once('post')
    postOf = new Post().fill(body)
  }
}

// What is said within steps and the conditions of post.
class Steps extends Block {
  final Runner runner
  final String path
  final Map variables
  int number = 0

  Steps(Runner runner, String path, Map variables) {
    this.runner = runner
    this.path = path
    this.variables = variables
  }

  String title() { "steps of '$path'" }

  void sh(String command) {
    number++
    runner.sh(path, command, variables)
  }

  void junit(Map how) {
    number++
    expect(how, ['testResults', 'allowEmptyResults'])
    runner.files('junit', how.testResults, how.allowEmptyResults)
  }

  void archiveArtifacts(Map how) {
    number++
    expect(how, ['artifacts', 'allowEmptyArchive', 'fingerprint'])
    runner.files(how.fingerprint ? 'archive and fingerprint' : 'archive', how.artifacts,
      how.allowEmptyArchive)
  }

  private void expect(Map how, List known) {
    if (how.keySet() - known)
      throw new Wrong("${title()}: ${how.keySet() - known} is not known")
  }
}

class Runner {
  String branch
  File root
  boolean execute, approve

  // The result, as Jenkins calls it.
  String run(Pipeline pipeline) {
    String result = guarded { stages(pipeline.stagesOf, '', pipeline.variables) }
    String after = guarded { post(pipeline.postOf, 'pipeline', pipeline.variables, result) }
    result = result == 'SUCCESS' ? after : result
    println "result $result"
    result
  }

  private String guarded(Closure part) {
    try {
      part()
      return 'SUCCESS'
    } catch (Failed why) {
      println "failed ${why.message}"
      return 'FAILURE'
    } catch (Aborted why) {
      println "aborted ${why.message}"
      return 'ABORTED'
    }
  }

  private void stages(Stages stages, String above, Map variables) {
    stages.list.each { stage(it, above + it.name, variables) }
  }

  private void stage(Stage stage, String path, Map variables) {
    if (stage.whenOf && !new When(branch).fill(stage.whenOf).all()) {
      println "skipped $path"
      return
    }
    println "stage $path"
    RuntimeException ended = null
    try {
      if (stage.inputOf)
        ask(path, stage.inputOf.asked)
      body(stage, path, variables + stage.variables)
    } catch (Failed | Aborted why) {
      ended = why
    }
    String result = ended == null ? 'SUCCESS' : ended instanceof Failed ? 'FAILURE' : 'ABORTED'
    post(stage.postOf, path, variables + stage.variables, result)
    if (ended)
      throw ended
  }

  private void body(Stage stage, String path, Map variables) {
    if (stage.stepsOf)
      steps(stage.stepsOf, path, variables)
    else if (stage.stagesOf)
      stages(stage.stagesOf, path + '/', variables)
    else
      stage.matrixOf.cells().each { cell ->
        stages(stage.matrixOf.stagesOf, "$path/${cell.values().join(',')}/", variables + cell)
      }
  }

  private void ask(String path, Map asked) {
    println "input $path: ${asked.message} [${asked.ok}, by ${asked.submitter}]"
    if (!approve)
      throw new Aborted("$path was not approved")
  }

  private void steps(Closure body, String path, Map variables) {
    Steps steps = new Steps(this, path, variables)
    steps.fill(body)
    if (steps.number == 0)
      throw new Wrong("stage '$path': its steps do nothing")
  }

  private void post(Post post, String path, Map variables, String result) {
    ['always', 'success', 'failure'].each { condition ->
      boolean due = condition == 'always' ||
        condition == 'success' && result == 'SUCCESS' ||
        condition == 'failure' && result == 'FAILURE'
      if (due && post?.conditions?.get(condition)) {
        println "post $condition of $path"
        steps(post.conditions[condition], path, variables)
      }
    }
  }

  void sh(String path, String command, Map variables) {
    println "sh $path: ${resolved(command, variables)}"
    expectScript(path, command)
    if (!execute)
      return
    ProcessBuilder shell = new ProcessBuilder('/bin/sh', '-xe', '-c', command)
    shell.environment().putAll(variables)
    int status = shell.directory(root).inheritIO().start().waitFor()
    if (status != 0)
      throw new Failed("$path: $command: exit $status")
  }

  // With the variables of the pipeline; one that it does not set is a slip.
  private String resolved(String command, Map variables) {
    command.replaceAll(/\$(\w+)/) { whole, name ->
      if (!variables.containsKey(name))
        throw new Wrong("'$command': the pipeline sets no $name")
      variables[name]
    }
  }

  private void expectScript(String path, String command) {
    if (!(command ==~ /tools\/ci\/[a-z]+\.sh( [\w$.]+)*/))
      throw new Wrong("stage '$path': '$command' is not one call of a script in tools/ci")
    String script = command.split(' ')[0]
    if (!new File(root, script).canExecute())
      throw new Wrong("stage '$path': $script does not exist or cannot be executed")
  }

  // How many files below the root have such a name, as Ant's patterns mean it.
  private int matching(String pattern) {
    String glob = pattern.replace('**/', '{**/,}')
    def matcher = FileSystems.default.getPathMatcher("glob:$glob")
    int found = 0
    root.eachFileRecurse(FileType.FILES) { file ->
      found += matcher.matches(root.toPath().relativize(file.toPath())) ? 1 : 0
    }
    found
  }

  void files(String what, String patterns, allowNone) {
    println "$what $patterns"
    if (!execute)
      return
    int found = patterns.split(/, */).sum { matching(it) }
    println "  $found files"
    if (found == 0 && !allowNone)
      throw new Failed("$what: no file is $patterns")
  }
}

// One file as one branch; its exit status.
int attempt(String file, Runner runner) {
  try {
    List pipelines = []
    Closure pipeline = { Closure body -> pipelines << new Pipeline().fill(body) }
    new GroovyShell(new Binding(pipeline: pipeline)).evaluate(new File(file))
    if (pipelines.size() != 1)
      throw new Wrong("${pipelines.size()} pipelines, expected one")
    return runner.run(pipelines[0]) == 'SUCCESS' ? 0 : 1
  } catch (Wrong | GroovyRuntimeException | NullPointerException why) {
    // (a null is what `stage('a') {} stage('b') {}` in one line is called on)
    println "wrong ${why.message}"
    return 2
  }
}

int status(String[] given) {
  List words = given as List
  if (words.size() < 2)
    throw new Wrong('usage: declarative.groovy JENKINSFILE BRANCH [--root FOLDER] [--execute] ' +
      '[--approve]')
  String file = words.remove(0)
  List branches = words.remove(0).split(',') as List
  Runner runner = new Runner(root: new File('.'))
  while (words) {
    String option = words.remove(0)
    if (option == '--root' && words)
      runner.root = new File(words.remove(0))
    else if (option == '--execute')
      runner.execute = true
    else if (option == '--approve')
      runner.approve = true
    else
      throw new Wrong("'$option' is no option")
  }
  // Each file as each branch, behind a line that says which, and before one with its status.
  int worst = 0
  [file.split(',') as List, branches].combinations { one, branch ->
    println "pipeline $one $branch"
    runner.branch = branch
    int status = attempt(one, runner)
    println "status $status"
    worst = Math.max(worst, status)
  }
  worst
}

try {
  int result = status(args)
  System.out.flush()
  System.exit(result)
} catch (Wrong why) {
  System.err.println(why.message)
  System.exit(2)
}
