import pytest

from engine.diagram.model import EventKind, Mapping, NodeKind, TimerKind, Value
from tests.definitions.drawing import END, HEAD, MESSAGE, START, TIMER, drawing, extended, flows, line, node_of, process_of, told


def test_a_user_task_says_who_when_and_with_which_form():
    node = node_of(
        line(
            'a|<bpmn:userTask id="a" name="Approve&#10;change" camunda:assignee="${owner}" camunda:candidateUsers="ann, bob" '
            'camunda:candidateGroups="desk,${max(a, b)},noc" camunda:dueDate="PT4H" camunda:followUpDate="${follow}" '
            'camunda:priority="80" camunda:formRef="approve" camunda:formRefBinding="deployment"/>'
        ),
        "a",
    )
    assert node.name == "Approve change"
    human = node.human
    assert human.assignee == Value(expression="owner")
    assert human.candidate_users == (Value("ann"), Value("bob"))
    assert human.candidate_groups == (Value("desk"), Value(expression="max(a, b)"), Value("noc"))
    assert (human.due, human.follow_up, human.priority) == (Value("PT4H"), Value(expression="follow"), Value("80"))
    assert human.form_ref == "approve"


@pytest.mark.parametrize("key", ["camunda-forms:deployment:forms/approve.form", "approve.form", "approve"])
def test_a_form_key_names_a_deployed_form(key):
    assert node_of(line(f'a|<bpmn:userTask id="a" camunda:assignee="ann" camunda:formKey="{key}"/>'), "a").human.form_ref == "approve"


def test_generated_form_fields_keep_their_validation_and_values():
    fields = (
        '<camunda:formData><camunda:formField id="impact" label="Impact" type="enum" defaultValue="low">'
        '<camunda:properties><camunda:property id="hint" value="How many?"/></camunda:properties>'
        '<camunda:validation><camunda:constraint name="required"/></camunda:validation>'
        '<camunda:value id="low" name="Low"/><camunda:value id="high" name="High"/></camunda:formField></camunda:formData>'
    )
    node = node_of(line(f'a|<bpmn:userTask id="a" camunda:assignee="ann">{extended(fields)}</bpmn:userTask>'), "a")
    assert node.human.form_fields == (
        {
            "id": "impact",
            "label": "Impact",
            "type": "enum",
            "defaultValue": "low",
            "properties": {"hint": "How many?"},
            "validation": {"required": None},
            "values": [{"id": "low", "name": "Low"}, {"id": "high", "name": "High"}],
        },
    )


def test_zeebe_says_the_same_in_its_own_words():
    task = extended(
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=owner" candidateGroups="desk, noc"/>'
        '<zeebe:formDefinition formId="approve"/>'
        '<zeebe:taskSchedule dueDate="=due"/><zeebe:priorityDefinition priority="80"/>'
        '<zeebe:ioMapping><zeebe:input source="=n + 1" target="next"/><zeebe:output source="=next" target="last"/></zeebe:ioMapping>'
    )
    node = node_of(line(f'a|<bpmn:userTask id="a">{task}</bpmn:userTask>'), "a")
    assert node.human.assignee == Value(expression="owner")
    assert node.human.candidate_groups == (Value("desk"), Value("noc"))
    assert (node.human.form_ref, node.human.due, node.human.priority) == ("approve", Value(expression="due"), Value("80"))
    assert node.inputs == (Mapping("next", "n + 1"),)
    assert node.outputs == (Mapping("last", "next"),)
    service = extended('<zeebe:taskDefinition type="mail.send" retries="5"/>')
    node = node_of(line(f'a|<bpmn:serviceTask id="a">{service}</bpmn:serviceTask>'), "a")
    assert (node.topic, node.retry_cycle) == ("mail.send", "R5/PT0S")
    rule = extended('<zeebe:calledDecision decisionId="priority" resultVariable="p"/>')
    node = node_of(line(f'a|<bpmn:businessRuleTask id="a">{rule}</bpmn:businessRuleTask>'), "a")
    assert (node.decision, node.result_variable, node.map_decision_result) == (Value("priority"), "p", "singleEntry")
    call = extended('<zeebe:calledElement processId="other" propagateAllChildVariables="false"/>')
    node = node_of(line(f'a|<bpmn:callActivity id="a">{call}</bpmn:callActivity>'), "a")
    assert (node.called, node.call_in, node.call_out) == (Value("other"), (Mapping(everything=True),), ())
    script = extended('<zeebe:script expression="=a + b" resultVariable="total"/>')
    assert node_of(line(f'a|<bpmn:scriptTask id="a">{script}</bpmn:scriptTask>'), "a").assignments == (("total", "a + b"),)


def test_parameters_are_texts_expressions_lists_and_maps():
    io = (
        '<camunda:inputOutput><camunda:inputParameter name="to">${reporter}</camunda:inputParameter>'
        '<camunda:inputParameter name="subject">About ${key}</camunda:inputParameter>'
        '<camunda:inputParameter name="kind">mail</camunda:inputParameter><camunda:inputParameter name="nothing"/>'
        '<camunda:inputParameter name="cc"><camunda:list><camunda:value>ann</camunda:value><camunda:value>${boss}</camunda:value>'
        "</camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="head"><camunda:map><camunda:entry key="lang">${lang}</camunda:entry></camunda:map>'
        '</camunda:inputParameter><camunda:outputParameter name="sent">${ok}</camunda:outputParameter></camunda:inputOutput>'
        "<camunda:failedJobRetryTimeCycle>R3/PT10M</camunda:failedJobRetryTimeCycle>"
        '<camunda:properties><camunda:property name="colour" value="red"/></camunda:properties>'
    )
    head = '<bpmn:serviceTask id="a" camunda:type="external" camunda:topic="mail.send" camunda:asyncBefore="true">'
    service = f"{head}{extended(io)}</bpmn:serviceTask>"
    node = node_of(line(f"a|{service}"), "a")
    assert node.inputs == (
        Mapping("to", "reporter"),
        Mapping("subject", "'About ' + str(key)"),
        Mapping("kind", "'mail'"),
        Mapping("nothing", "null"),
        Mapping("cc", "['ann', boss]"),
        Mapping("head", "{'lang': lang}"),
    )
    assert node.outputs == (Mapping("sent", "ok"),)
    assert (node.topic, node.retry_cycle, node.async_before) == ("mail.send", "R3/PT10M", True)
    assert node.properties == (("colour", "red"),)


def test_a_call_maps_in_out_and_its_business_key():
    parts = extended(
        '<camunda:in source="impact" target="level"/><camunda:in sourceExpression="${n + 1}" target="next"/><camunda:in variables="all"/>'
        '<camunda:in businessKey="#{execution.processBusinessKey}"/>'
        '<camunda:out source="result" target="answer"/><camunda:out variables="all"/>'
    )
    call = f'<bpmn:callActivity id="a" calledElement="other" camunda:calledElementBinding="latest">{parts}</bpmn:callActivity>'
    node = node_of(line(f"a|{call}"), "a")
    assert node.called == Value("other")
    assert node.call_in == (Mapping("level", "impact"), Mapping("next", "n + 1"), Mapping(everything=True))
    assert node.call_out == (Mapping("answer", "result"), Mapping(everything=True))
    assert node.call_business_key == "execution.processBusinessKey"


@pytest.mark.parametrize(
    ("attributes", "inside"),
    [
        ('camunda:collection="circuits" camunda:elementVariable="circuit"', ""),
        ('camunda:collection="${circuits}" camunda:elementVariable="circuit"', ""),
        ("", '<bpmn:loopDataInputRef>circuits</bpmn:loopDataInputRef><bpmn:inputDataItem id="d" name="circuit"/>'),
        ("", extended('<zeebe:loopCharacteristics inputCollection="=circuits" inputElement="circuit"/>')),
    ],
)
def test_a_collection_is_named_in_four_ways(attributes, inside):
    content = line(
        f'a|<bpmn:task id="a"><bpmn:multiInstanceLoopCharacteristics isSequential="true" {attributes}>{inside}'
        '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">${done}</bpmn:completionCondition>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:task>"
    )
    loop = node_of(content, "a").loop
    assert (loop.parallel, loop.collection, loop.item, loop.completion) == (False, "circuits", "circuit", "done")


def test_a_standard_loop_is_read():
    loop = node_of(
        line(
            'a|<bpmn:task id="a"><bpmn:standardLoopCharacteristics testBefore="1" loopMaximum="3">'
            "<bpmn:loopCondition>${n &lt; 3}</bpmn:loopCondition></bpmn:standardLoopCharacteristics></bpmn:task>"
        ),
        "a",
    ).loop
    assert (loop.standard, loop.test_before, loop.maximum, loop.condition) == (True, True, 3, "n < 3")


def test_a_process_says_who_may_start_it_and_who_did():
    content = drawing(
        f'<bpmn:documentation>Why.</bpmn:documentation><bpmn:startEvent id="start" camunda:initiator="who" camunda:formRef="report"/>{END}'
        + flows("start>end")
        + '<bpmn:dataObjectReference id="d1" name="Report" dataObjectRef="d0"/><bpmn:dataObject id="d0"/>'
        + '<bpmn:textAnnotation id="t"><bpmn:text>Note</bpmn:text></bpmn:textAnnotation><bpmn:group id="g"/>',
        attributes='name="Small one" camunda:versionTag="1.2" camunda:candidateStarterGroups="desk, noc" camunda:historyTimeToLive="P30D"',
    )
    process = process_of(content)
    assert (process.key, process.name, process.version_tag) == ("small", "Small one", "1.2")
    assert (process.starter_groups, process.initiator, process.start_form) == (("desk", "noc"), "who", "report")
    assert (process.documentation, process.data_objects) == ("Why.", (("d1", "Report"),))


def test_the_innermost_named_lane_is_the_lane_also_inside_a_subprocess():
    content = drawing(
        '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="Operations"><bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>part'
        '</bpmn:flowNodeRef><bpmn:childLaneSet id="cl"><bpmn:lane id="l2" name="NOC"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>'
        '<bpmn:lane id="l3"><bpmn:flowNodeRef>part</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>'
        f'{START}<bpmn:userTask id="a"/><bpmn:subProcess id="part"><bpmn:startEvent id="in"/><bpmn:userTask id="b"/>'
        '<bpmn:sequenceFlow id="ib" sourceRef="in" targetRef="b"/></bpmn:subProcess>' + flows("start>a a>part")
    )
    process = process_of(content)
    assert process.lanes == ("Operations", "NOC")
    assert process.scope.nodes["a"].lane == "NOC"
    assert process.scope.nodes["part"].scope.nodes["b"].lane == "Operations"


def test_flows_keep_the_order_in_which_the_node_lists_them():
    content = drawing(
        START + '<bpmn:parallelGateway id="fork"><bpmn:outgoing>f2</bpmn:outgoing><bpmn:outgoing>f2</bpmn:outgoing></bpmn:parallelGateway>'
        '<bpmn:endEvent id="one"/><bpmn:endEvent id="two"/>' + flows("start>fork fork>one fork>two")
    )
    assert node_of(content, "fork").outgoing == ("f2", "f1")
    assert node_of(content, "one").incoming == ("f1",)


def test_only_executable_processes_of_a_file_with_pools_are_definitions():
    content = (
        f'{HEAD}<bpmn:collaboration id="c"><bpmn:participant id="p1" name="We" processRef="we"/><bpmn:participant id="p2" name="They" '
        f'processRef="they"/><bpmn:messageFlow id="mf" sourceRef="start" targetRef="p2"/></bpmn:collaboration>'
        f'<bpmn:process id="we" isExecutable="true">{START}{END}{flows("start>end")}</bpmn:process>'
        '<bpmn:process id="they" isExecutable="false"><bpmn:userTask id="theirs"/></bpmn:process></bpmn:definitions>'
    )
    assert process_of(content.encode()).key == "we"


CORRELATED = (
    MESSAGE + '<bpmn:correlationProperty id="p_number" name="number"><bpmn:correlationPropertyRetrievalExpression messageRef="m_reply">'
    "<bpmn:messagePath>ticket.number</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
)
SUBSCRIBED = (
    '<bpmn:correlationSubscription id="cs" correlationKeyRef="k"><bpmn:correlationPropertyBinding correlationPropertyRef="p_number">'
    "<bpmn:dataPath>my_number</bpmn:dataPath></bpmn:correlationPropertyBinding></bpmn:correlationSubscription>"
)


def test_a_message_carries_its_correlation_keys():
    wait = '<bpmn:receiveTask id="wait" messageRef="m_reply"/>'
    send = '<bpmn:sendTask id="send" messageRef="m_reply"/>'
    (event,) = node_of(line(f"wait|{wait}", roots=CORRELATED), "wait").events
    assert (event.kind, event.name, event.correlation) == (EventKind.MESSAGE, Value("customer.reply"), (("number", "ticket.number"),))
    content = line(f"wait|{wait}", f"send|{send}", roots=CORRELATED, more=SUBSCRIBED)
    assert node_of(content, "wait").events[0].correlation == (("number", "my_number"),)
    assert node_of(content, "send").events[0].correlation == (("number", "ticket.number"),)


def test_events_name_what_they_refer_to():
    roots = (
        '<bpmn:error id="e" errorCode="E42" name="Broken"/><bpmn:escalation id="s" escalationCode="late"/>'
        '<bpmn:signal id="g" name="alarm"/>'
        '<bpmn:timerEventDefinition id="t"><bpmn:timeCycle>R3/PT10M</bpmn:timeCycle></bpmn:timerEventDefinition>'
    )
    caught = (
        '<bpmn:errorEventDefinition errorRef="e" camunda:errorCodeVariable="code" camunda:errorMessageVariable="why"/>',
        '<bpmn:escalationEventDefinition escalationRef="s" camunda:escalationCodeVariable="which"/>',
        '<bpmn:signalEventDefinition signalRef="g"/>',
        "<bpmn:eventDefinitionRef>t</bpmn:eventDefinitionRef>",
    )
    more = "".join(f'<bpmn:boundaryEvent id="b{n}" attachedToRef="a">{event}</bpmn:boundaryEvent>' for n, event in enumerate(caught))
    nodes = process_of(line('a|<bpmn:userTask id="a" camunda:assignee="ann"/>', roots=roots, more=more)).scope.nodes
    events = [nodes[f"b{n}"].events[0] for n in range(4)]
    assert (events[0].code, events[0].code_variable, events[0].message_variable) == ("E42", "code", "why")
    assert (events[1].code, events[1].code_variable) == ("late", "which")
    assert events[2].name == Value("alarm")
    assert (events[3].timer_kind, events[3].timer) == (TimerKind.CYCLE, Value("R3/PT10M"))


def test_compensation_is_found_by_its_association():
    content = line(
        'book|<bpmn:task id="book"/>',
        'back|<bpmn:intermediateThrowEvent id="back"><bpmn:compensateEventDefinition activityRef="book"/></bpmn:intermediateThrowEvent>',
        more='<bpmn:boundaryEvent id="undo" attachedToRef="book"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        '<bpmn:task id="cancel" isForCompensation="true"/><bpmn:association id="as" sourceRef="undo" targetRef="cancel"/>',
    )
    nodes = process_of(content).scope.nodes
    assert nodes["book"].compensated_by == "cancel"
    assert nodes["cancel"].for_compensation
    assert nodes["back"].events[0].activity == "book"


@pytest.mark.parametrize("fmt", ["", 'scriptFormat=""', 'scriptFormat="feel"', 'scriptFormat="watchbill"'])
def test_a_script_is_a_list_of_assignments(fmt):
    content = line(f'a|<bpmn:scriptTask id="a" {fmt}><bpmn:script>n = n + 1\nm = n * 2</bpmn:script></bpmn:scriptTask>')
    assert node_of(content, "a").assignments == (("n", "n + 1"), ("m", "n * 2"))


def test_a_script_with_a_result_variable_is_one_assignment():
    content = line(
        'a|<bpmn:scriptTask id="a" scriptFormat="feel" camunda:resultVariable="n"><bpmn:script>n + 1</bpmn:script></bpmn:scriptTask>'
    )
    assert node_of(content, "a").assignments == (("n", "n + 1"),)


def test_booleans_may_be_written_as_digits():
    content = line(
        'a|<bpmn:userTask id="a" camunda:assignee="ann"/>',
        more=f'<bpmn:boundaryEvent id="late" attachedToRef="a" cancelActivity="0">{TIMER}</bpmn:boundaryEvent>',
    ).replace(b'isExecutable="true"', b'isExecutable="1"')
    assert process_of(content).scope.nodes["late"].interrupting is False


def test_a_node_of_an_event_subprocess_waits_as_it_says():
    inside = f'<bpmn:startEvent id="in" isInterrupting="false">{TIMER}</bpmn:startEvent><bpmn:endEvent id="out"/>'
    inside += '<bpmn:sequenceFlow id="io" sourceRef="in" targetRef="out"/>'
    part = node_of(line(more=f'<bpmn:subProcess id="part" triggeredByEvent="true">{inside}</bpmn:subProcess>'), "part")
    assert (part.kind, part.triggered_by_event, part.scope.nodes["in"].interrupting) == (NodeKind.SUB_PROCESS, True, False)


def test_what_is_only_documentation_elsewhere_is_accepted():
    content = line(
        'a|<bpmn:userTask id="a" camunda:assignee="ann" camunda:asyncAfter="true" camunda:exclusive="false" camunda:jobPriority="5">'
        '<bpmn:ioSpecification/><bpmn:dataInputAssociation id="di"><bpmn:sourceRef>ds</bpmn:sourceRef></bpmn:dataInputAssociation>'
        "</bpmn:userTask>",
        more='<bpmn:dataStoreReference id="ds" name="CMDB" dataStoreRef="store"/>',
        roots='<bpmn:dataStore id="store" name="CMDB"/><bpmn:category id="cat"/><bpmn:interface id="i" name="I"/>',
    )
    assert told(content) == []
