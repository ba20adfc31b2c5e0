"""Files as modelers write them, drawing and colours included, are read unchanged."""

from engine.definitions import read_files
from engine.diagram.model import NodeKind

CAMUNDA_MODELER = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Definitions_1"
  targetNamespace="http://bpmn.io/schema/bpmn" exporter="Camunda Modeler" exporterVersion="5.20.0"
  modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.20.0">
  <bpmn:collaboration id="Collaboration_1">
    <bpmn:participant id="Participant_1" name="Service desk" processRef="triage" />
  </bpmn:collaboration>
  <bpmn:process id="triage" name="Triage" isExecutable="true" camunda:historyTimeToLive="180">
    <bpmn:laneSet id="LaneSet_1">
      <bpmn:lane id="Lane_1" name="service-desk">
        <bpmn:flowNodeRef>start</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>assess</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>is_major</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>end</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>overdue</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>late</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="start" camunda:initiator="reporter">
      <bpmn:outgoing>Flow_1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="start" targetRef="assess" />
    <bpmn:userTask id="assess" name="Assess" camunda:formRef="triage" camunda:formRefBinding="latest">
      <bpmn:incoming>Flow_1</bpmn:incoming>
      <bpmn:outgoing>Flow_2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="is_major" name="Major?" default="Flow_no">
      <bpmn:incoming>Flow_2</bpmn:incoming>
      <bpmn:outgoing>Flow_yes</bpmn:outgoing>
      <bpmn:outgoing>Flow_no</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="assess" targetRef="is_major" />
    <bpmn:sequenceFlow id="Flow_no" name="no" sourceRef="is_major" targetRef="end" />
    <bpmn:sequenceFlow id="Flow_yes" name="yes" sourceRef="is_major" targetRef="end">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${impact == 'high' &amp;&amp; !known}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:endEvent id="end">
      <bpmn:incoming>Flow_no</bpmn:incoming>
      <bpmn:incoming>Flow_yes</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:boundaryEvent id="overdue" cancelActivity="false" attachedToRef="assess">
      <bpmn:outgoing>Flow_late</bpmn:outgoing>
      <bpmn:timerEventDefinition id="TimerEventDefinition_1">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT4H</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="late"><bpmn:incoming>Flow_late</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow_late" sourceRef="overdue" targetRef="late" />
    <bpmn:textAnnotation id="TextAnnotation_1"><bpmn:text>Four hours by contract</bpmn:text></bpmn:textAnnotation>
    <bpmn:association id="Association_1" associationDirection="None" sourceRef="overdue" targetRef="TextAnnotation_1" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1">
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Collaboration_1">
      <bpmndi:BPMNShape id="assess_di" bpmnElement="assess" bioc:stroke="#0d4372" bioc:fill="#bbdefb">
        <dc:Bounds x="300" y="80" width="100" height="80" />
        <bpmndi:BPMNLabel />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_1_di" bpmnElement="Flow_1">
        <di:waypoint x="215" y="117" />
        <di:waypoint x="270" y="117" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def test_a_file_of_camunda_modeler_is_read_unchanged():
    read = read_files({"triage.bpmn": CAMUNDA_MODELER.encode()})
    assert read.problems == ()
    (process,) = read.processes
    nodes = process.scope.nodes
    assert (process.key, process.initiator, process.lanes) == ("triage", "reporter", ("service-desk",))
    assert (nodes["assess"].lane, nodes["assess"].human.form_ref, nodes["assess"].line) == ("service-desk", "triage", 26)
    assert (nodes["is_major"].outgoing, nodes["is_major"].default) == (("Flow_yes", "Flow_no"), "Flow_no")
    assert process.scope.flows["Flow_yes"].condition == "impact == 'high' && !known"
    assert (nodes["overdue"].kind, nodes["overdue"].interrupting) == (NodeKind.BOUNDARY_EVENT, False)


def test_the_namespace_may_have_any_prefix():
    text = CAMUNDA_MODELER.replace("<bpmn:", "<").replace("</bpmn:", "</").replace("xmlns:bpmn=", "xmlns=")
    text = text.replace("bpmn:tFormalExpression", "tFormalExpression")
    assert read_files({"triage.bpmn": text.encode()}).problems == ()


def test_the_same_words_in_another_namespace_are_no_diagram():
    text = CAMUNDA_MODELER.replace("http://www.omg.org/spec/BPMN/20100524/MODEL", "http://example.org/model")
    assert [problem.rule for problem in read_files({"triage.bpmn": text.encode()}).problems] == ["not-bpmn"]
