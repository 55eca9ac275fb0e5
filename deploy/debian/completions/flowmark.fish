# SPDX-License-Identifier: Apache-2.0
# Completion of flowmark(8) for fish.

# Of the agent that runs; none if it does not.
function __flowmark_classes
    flowmark classes -o json 2>/dev/null |
        string replace -rf '^ *"class": "([^"\\\\]*)",?$' '$1' | sort -u
end

function __flowmark_interfaces
    string replace -rf '^ *([^: ]+):.*' '$1' </proc/net/dev
end

# __flowmark_option COMMANDS [argument of complete...]: an option of these commands.
function __flowmark_option
    complete -c flowmark -n "__fish_seen_subcommand_from $argv[1]" $argv[2..]
end

# A command and its description.
function __flowmark_command
    complete -c flowmark -n __fish_use_subcommand -a $argv[1] -d $argv[2]
end

complete -c flowmark -f
complete -c flowmark -s h -l help -d 'print a summary'
complete -c flowmark -n __fish_use_subcommand -l version -d 'print the version'

__flowmark_command run 'run the agent in the foreground'
__flowmark_command check 'say whether a policy file is right'
__flowmark_command reload 'put the policy file in force again'
__flowmark_command detach 'remove all that an agent which has ended left'
__flowmark_command status 'show what is in force and attached'
__flowmark_command classes 'show what each class has counted'
__flowmark_command flows 'show what was decided lately'
__flowmark_command explain 'say why a flow is in its class'
__flowmark_command top 'a live table of classes'
__flowmark_command replay 'run a capture through the programs'

__flowmark_option 'run check replay' -s c -l config -r -F -d 'the policy file'
__flowmark_option 'run reload status classes flows explain top' -l control -r -F -d 'the control socket'
__flowmark_option 'check detach status classes flows explain replay' -s o -l output -x -a 'text json' \
    -d 'the form of the output'
__flowmark_option 'run detach' -l pins -r -F -d 'the folder on a BPF file system'

__flowmark_option run -l metrics -x -a 'off 127.0.0.1:19735' -d 'where metrics are served'
__flowmark_option run -l log-format -x -a 'text json' -d 'the form of the log'
__flowmark_option run -l log-level -x -a 'debug info warning error' -d 'what is logged at least'
__flowmark_option run -l hook -x -a 'auto tcx clsact' -d 'where the programs are attached'

__flowmark_option flows -l class -x -a '(__flowmark_classes)' -d 'only of this class'
__flowmark_option flows -l host -x -d 'only of servers with this name'
__flowmark_option flows -l client -x -d 'only of this initiator'
__flowmark_option flows -l limit -x -d 'no more than this'

__flowmark_option explain -l name -x -d 'suppose that the server has this name'
__flowmark_option explain -l dscp -x -d 'suppose that the client sets this mark' \
    -a (string join ' ' EF VA NQB LE AF{1,2,3,4}{1,2,3} CS{0,1,2,3,4,5,6,7})
__flowmark_option explain -l vlan -x -d 'in this outer VLAN'
__flowmark_option explain -a 'tcp udp icmp icmpv6 sctp'
__flowmark_option 'explain replay' -l interface -x -a '(__flowmark_interfaces)' -d 'the interface'

__flowmark_option top -l interval -x -d 'time between two pictures'
__flowmark_option top -l count -x -d 'end after so many pictures'

__flowmark_option replay -l split-reuse -d 'ports that were used before are another flow'
__flowmark_option replay -l explain -d 'say which rule decided'
__flowmark_option replay -F
